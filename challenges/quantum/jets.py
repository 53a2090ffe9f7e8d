"""Quark and gluon jets from Pythia 8: hard collisions, showers, hadrons and anti-kT jets, before any detector."""

from typing import Any, NamedTuple

import numpy as np

from challenges.pythia import SimulatorError, configure, import_pythia, no_banner, pack_state, set_state
from challenges.quantum.detector import Particles

JET_RADIUS = 0.4
MATCHED = 0.3  # farthest distance of a jet from the parton that made it

_COMMON = (
    "Print:quiet = on",
    "Beams:eCM = 8000",
    "PartonLevel:MPI = off",
    "Check:event = off",
    # Soft radiation makes no jet and few particles, photons from quarks concern one jet in a hundred; all cost time.
    "TimeShower:pTmin = 1",
    "SpaceShower:pTmin = 2",
    "TimeShower:QEDshowerByQ = off",
    "TimeShower:QEDshowerByL = off",
    "TimeShower:QEDshowerByOther = off",
    "TimeShower:QEDshowerByGamma = off",
    "SpaceShower:QEDshowerByQ = off",
    "SpaceShower:QEDshowerByL = off",
)

QUARKS = ("HardQCD:qq2qq = on", "HardQCD:gg2qqbar = on", "HardQCD:qqbar2qqbarNew = on")
"""Collisions that end in two light quarks."""
GLUONS = ("HardQCD:gg2gg = on", "HardQCD:qqbar2gg = on")
"""Collisions that end in two gluons."""


class Window(NamedTuple):
    """Which jets of which collisions are kept.

    Attributes
    ----------
    pt_hat : tuple of float
        Least and largest transverse momentum of the two hard partons, in GeV.
    pt : tuple of float
        Least and largest transverse momentum of a jet, in GeV.
    eta : float
        Largest pseudorapidity of a jet, of either sign.
    """

    pt_hat: tuple[float, float]
    pt: tuple[float, float]
    eta: float


CHALLENGE = Window((90.0, 170.0), (70.0, np.inf), 1.2)  # an image then lies within the barrel, |eta| < 1.48


class Jets(NamedTuple):
    """Jets of some collisions.

    Attributes
    ----------
    particles : Particles
        What they consist of; ``particles.jet`` counts from 0.
    axes : ndarray, shape (n, 2)
        Pseudorapidity and azimuth.
    event : ndarray of int, shape (n,)
        The collision that each comes from, counted from the source's first.
    """

    particles: Particles
    axes: np.ndarray
    event: np.ndarray


class JetSource:
    """One Pythia instance with one kind of parton and one stream of random numbers.

    Parameters
    ----------
    process : tuple of str
        QUARKS or GLUONS.
    seed : SeedSequence
        Source of the random state.
    window : Window, optional

    Raises
    ------
    SimulatorMissing
        If Pythia 8 is not installed.
    SimulatorError
        If Pythia refuses a setting.
    """

    def __init__(self, process: tuple[str, ...], seed: np.random.SeedSequence, window: Window = CHALLENGE) -> None:
        pythia8 = import_pythia()
        self._pythia = pythia8.Pythia("", False)
        self._events, self._window = 0, window
        momenta = (
            f"PhaseSpace:pTHat{end} = {value:g}" for end, value in zip(("Min", "Max"), window.pt_hat, strict=True)
        )
        configure(self._pythia, (*_COMMON, *momenta, *process))
        with no_banner():
            ready = self._pythia.init()
            # -1: anti-kT; select = 2: all visible final particles; massSet = 2: their own masses.
            self._jets = pythia8.SlowJet(-1, JET_RADIUS, window.pt[0], window.eta + JET_RADIUS, 2, 2)
            if ready:
                self._pythia.next()  # FastJet prints its banner at the first clustering
                self._jets.analyze(self._pythia.event)
        if not ready:
            raise SimulatorError("Pythia could not initialise the process")
        set_state(self._pythia.rndm, pack_state(seed))

    def draw(self, tries: int) -> Jets:
        """Generate collisions and return those of their two leading jets that stem from the hard partons."""
        axes, events = [], []
        particles: list[tuple[int, float, float, float, int]] = []
        for _ in range(tries):
            self._events += 1
            if not self._pythia.next():
                continue
            record = self._pythia.event
            self._jets.analyze(record)
            for jet in range(min(2, self._jets.sizeJet())):
                axis = self._jets.p(jet)
                wanted = axis.pT() < self._window.pt[1] and abs(axis.eta()) <= self._window.eta
                if not wanted or not self._stems_from_a_parton(axis):
                    continue
                for index in self._jets.constituents(jet):
                    one = record[index]
                    particles.append((len(axes), one.pT(), one.eta(), one.phi(), one.id()))
                axes.append((axis.eta(), axis.phi()))
                events.append(self._events)
        jet, pt, eta, phi, kind = np.array(particles, dtype=float).reshape(-1, 5).T
        return Jets(
            Particles(jet.astype(int), pt, eta, phi, kind.astype(int)),
            np.array(axes, dtype=float).reshape(-1, 2),
            np.array(events, dtype=np.int64),
        )

    def _stems_from_a_parton(self, axis: Any) -> bool:
        for index in (5, 6):  # the two outgoing partons in Pythia's record of the hard process
            parton = self._pythia.process[index]
            turn = np.remainder(axis.phi() - parton.phi() + np.pi, 2 * np.pi) - np.pi
            if np.hypot(axis.eta() - parton.eta(), turn) < MATCHED:
                return True
        return False
