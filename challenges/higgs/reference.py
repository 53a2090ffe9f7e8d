"""Collisions from Pythia 8, the reference: partons, showers and jets before any detector.

Signal is gg -> H0 -> W+- H-+ -> W+- W-+ h0 -> l nu q q b b, background is top-quark pairs that decay to the same
visible particles. Both end after the parton shower: without hadrons and multiple interactions an event takes a fifth
of a millisecond, and the detector model makes up for the mean effect of both.
"""

import math
from typing import Any

import numpy as np

from challenges.higgs.collisions import JET_RADIUS, LEPTON_ETA_MAX, LEPTON_PT_MIN, N_JETS, Collisions
from challenges.pythia import SimulatorError, configure, import_pythia, no_banner, pack_state, set_state

LOWEST_JET_PT = 8.0  # GeV; well below the detector's threshold, so that upward fluctuations are there
JET_ETA_MAX = 3.0  # a jet at the edge of the acceptance still gets all of its particles

_COMMON = (
    "Print:quiet = on",
    "Beams:eCM = 8000",
    "PartonLevel:MPI = off",
    "HadronLevel:all = off",
    "PartonLevel:Remnants = off",
    "Check:event = off",  # the check needs the beam remnants
    "TimeShower:pTmin = 2",
    "TimeShower:QEDshowerByQ = off",
    "TimeShower:QEDshowerByL = off",
    "TimeShower:QEDshowerByOther = off",
    "TimeShower:QEDshowerByGamma = off",
    "SpaceShower:QEDshowerByQ = off",
    "SpaceShower:QEDshowerByL = off",
    # No showers harder than the process itself; with the default of such processes the signal recoils too much.
    "SpaceShower:pTmaxMatch = 1",
    "SpaceShower:pTmin = 2",  # GeV; softer radiation makes no jet and costs time
    "24:onMode = off",
)

BACKGROUND = ("Top:gg2ttbar = on", "Top:qqbar2ttbar = on")
"""Top-quark pairs by gluon fusion and quark annihilation."""

SIGNAL = (
    "HiggsBSM:gg2H2 = on",
    "Higgs:useBSM = on",
    "HiggsH2:coup2HchgW = 1",  # zero by default: H0 -> W H would be closed
    "HiggsHchg:coup2H1W = 1",
    "35:m0 = 425",
    "35:doForceWidth = on",
    "35:mWidth = 1",
    "35:onMode = off",
    "35:onIfMatch = 24 37",
    "37:m0 = 325",
    "37:doForceWidth = on",
    "37:mWidth = 1",
    "37:onMode = off",
    "37:onIfMatch = 24 25",
    "25:m0 = 125",
    "25:onMode = off",
    "25:onIfMatch = 5 5",
)
"""The masses (GeV) and the decay chain of Baldi, Sadowski & Whiteson (2014)."""

# One W of an event decays to electron or muon, the other to quarks: two settings, one a charge of the lepton.
_LEPTON = {
    +1: ("24:onPosIfAny = 11 13", "24:onNegIfAny = 1 2 3 4 5"),
    -1: ("24:onNegIfAny = 11 13", "24:onPosIfAny = 1 2 3 4 5"),
}


def polarise(process: Any, rndm: Any, vec4: Any) -> None:
    """Redraw the decays of W bosons from Higgs bosons, in place.

    A scalar that decays to a W boson and another scalar gives a longitudinal W boson, whose daughters follow
    1 - cos(theta)**2 in its rest frame, theta being the angle to its parent. Pythia decays them isotropically, which
    makes the lepton's spectrum too wide.

    Parameters
    ----------
    process : Event
        Pythia's record of the hard process, before showers.
    rndm : Rndm
        Pythia's random generator.
    vec4 : type
        Pythia's four-vector.
    """
    for index in range(process.size()):
        boson = process[index]
        if abs(boson.id()) != 24:
            continue
        frame = boson.p()
        axis = vec4(process[boson.mother1()].p())
        axis.bstback(frame)
        first, second = process[boson.daughter1()], process[boson.daughter2()]
        momentum = vec4(first.p())
        momentum.bstback(frame)
        size, energy = momentum.pAbs(), momentum.e()
        cosine = 2 * rndm.flat() - 1
        while rndm.flat() > 1 - cosine**2:
            cosine = 2 * rndm.flat() - 1
        sine, azimuth = math.sqrt(1 - cosine**2), 2 * math.pi * rndm.flat()
        momentum = vec4(size * sine * math.cos(azimuth), size * sine * math.sin(azimuth), size * cosine, energy)
        momentum.rot(axis.theta(), axis.phi())
        momentum.bst(frame)
        first.p(momentum)
        second.p(frame - momentum)


def _polarising_hook(pythia8: Any, pythia: Any) -> Any:
    class Polarise(pythia8.UserHooks):
        def canVetoProcessLevel(self) -> bool:
            return True

        def doVetoProcessLevel(self, process: Any) -> bool:
            polarise(process, pythia.rndm, pythia8.Vec4)
            return False

    hook = Polarise()
    pythia.setUserHooksPtr(hook)
    return hook


class CollisionSource:
    """One Pythia instance with one process, one charge of the lepton and one stream of random numbers.

    Parameters
    ----------
    process : tuple of str
        SIGNAL or BACKGROUND.
    charge : {+1, -1}
        Charge of the W boson that decays to a lepton.
    seed : SeedSequence
        Source of the random state.

    Raises
    ------
    SimulatorMissing
        If Pythia 8 is not installed.
    SimulatorError
        If Pythia refuses a setting.
    """

    def __init__(self, process: tuple[str, ...], charge: int, seed: np.random.SeedSequence) -> None:
        pythia8 = import_pythia()
        self._pythia = pythia8.Pythia("", False)
        if process is SIGNAL:
            self._hook = _polarising_hook(pythia8, self._pythia)  # Pythia keeps no reference of its own
        configure(self._pythia, (*_COMMON, *process, *_LEPTON[charge]))
        with no_banner():
            ready = self._pythia.init()
            # select = 2: all visible final particles; massSet = 2: their own masses.
            self._jets = pythia8.SlowJet(-1, JET_RADIUS, LOWEST_JET_PT, JET_ETA_MAX + 2 * JET_RADIUS, 2, 2)
            if ready:
                self._pythia.next()  # FastJet prints its banner at the first clustering
                self._jets.analyze(self._pythia.event)
        if not ready:
            raise SimulatorError("Pythia could not initialise the process")
        set_state(self._pythia.rndm, pack_state(seed))

    def draw(self, tries: int) -> Collisions:
        """Generate collisions and return those with a lepton in the acceptance and four jets or more."""
        lepton, neutrino, jets, flavour = [], [], [], []
        for _ in range(tries):
            if not self._pythia.next():
                continue
            found = self._read_event()
            if found is not None:
                for store, part in zip((lepton, neutrino, jets, flavour), found, strict=True):
                    store.append(part)
        return Collisions(
            np.array(lepton, dtype=float).reshape(-1, 3),
            np.array(neutrino, dtype=float).reshape(-1, 2),
            np.array(jets, dtype=float).reshape(-1, N_JETS, 3),
            np.array(flavour, dtype=np.int8).reshape(-1, N_JETS),
        )

    def _read_event(self) -> tuple[list, list, list, list] | None:
        event = self._pythia.event
        lepton = neutrino = 0
        heavy = []
        for index, particle in enumerate(event):
            kind = abs(particle.id())
            if kind in (11, 13):
                lepton = index  # the last copy is the final one
            elif kind in (12, 14):
                neutrino = index
            elif kind in (4, 5) and particle.isFinal():
                heavy.append((kind, index))
        track = event[lepton]
        if track.pT() < LEPTON_PT_MIN or abs(track.eta()) > LEPTON_ETA_MAX:
            return None
        track.statusNeg()  # so that the jets are made without the lepton
        self._jets.analyze(event)
        count = min(self._jets.sizeJet(), N_JETS)
        if count < 4:
            return None
        flavour = [0] * N_JETS
        for kind, index in heavy:
            jet = self._jets.jetAssignment(index)
            if 0 <= jet < count:
                flavour[jet] = max(flavour[jet], kind)
        momenta = [self._jets.p(jet) for jet in range(count)]
        jets = [(p.pT(), p.eta(), p.phi()) for p in momenta]
        jets += [(0.0, 0.0, 0.0)] * (N_JETS - count)
        missing = event[neutrino]
        return [track.pT(), track.eta(), track.phi()], [missing.px(), missing.py()], jets, flavour
