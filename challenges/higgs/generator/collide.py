"""From two protons to jets: the steps of the generator in their order."""

import numpy as np

from challenges.higgs.collisions import LEPTON_ETA_MAX, LEPTON_PT_MIN, Collisions
from challenges.higgs.generator.cones import cones
from challenges.higgs.generator.decays import (
    W_MASS,
    W_WIDTH,
    breit_wigner,
    decay,
    from_top,
    isotropic,
    longitudinal,
)
from challenges.higgs.generator.dipoles import radiate
from challenges.higgs.generator.hard_process import Hard, hard_process
from challenges.higgs.generator.initial_state import Emissions, emissions
from challenges.higgs.generator.momenta import BEAM, dot, moving

CHARGED_HIGGS_MASS, LIGHT_HIGGS_MASS = 325.0, 125.0  # GeV
RADIATION_SCALE = {True: 300.0, False: 130.0}  # GeV, of the heavy Higgs boson and of top quarks
PRIMORDIAL = 10.0  # GeV: transverse momentum that the incoming partons have besides, in each direction
BRANCHING = 10.0  # GeV: softer radiation of the incoming partons is left as it is
SOFTEST = 0.3  # GeV: softer partons make no jet

Partons = list[tuple[np.ndarray, np.ndarray, np.ndarray]]
"""Parts of the final state: momenta (4, m), the number of the collision (m,), flavour (m,)."""


def collide(n: int, rng: np.random.Generator, *, higgs: bool) -> Collisions:
    """Return those of n collisions that have a lepton in the acceptance and four jets or more."""
    hard = hard_process(n, rng, higgs=higgs)
    initial = emissions(hard, RADIATION_SCALE[higgs], rng)
    system = _recoiling(hard, initial, rng)
    return (_higgs if higgs else _tops)(hard, system, initial, rng)


def _recoiling(hard: Hard, initial: Emissions, rng: np.random.Generator) -> np.ndarray:
    n = len(hard.mass)
    away = [np.bincount(initial.event, initial.pt * turn(initial.azimuth), n) for turn in (np.cos, np.sin)]
    px, py = PRIMORDIAL * rng.standard_normal((2, n)) - away
    return moving(np.hypot(px, py), hard.rapidity, np.arctan2(py, px), hard.mass)


def _higgs(hard: Hard, heavy: np.ndarray, initial: Emissions, rng: np.random.Generator) -> Collisions:
    n = len(hard.mass)
    beam = np.broadcast_to(BEAM[:, None], (4, n))
    masses = breit_wigner(W_MASS, W_WIDTH, 15.0, 2 * n, rng).reshape(2, n)
    w_first, charged = decay(heavy, (masses[0], CHARGED_HIGGS_MASS), *isotropic(n, rng), beam)
    w_second, light = decay(charged, (masses[1], LIGHT_HIGGS_MASS), *isotropic(n, rng), beam)
    swapped = rng.random(n) < 0.5
    leptonic, other = np.where(swapped, w_second, w_first), np.where(swapped, w_first, w_second)
    parent, other_parent = np.where(swapped, charged, heavy), np.where(swapped, heavy, charged)
    lepton, neutrino = _longitudinal_decay(leptonic, parent, rng)
    seen = _seen(lepton)
    lepton, neutrino, light, other, other_parent = (p[:, seen] for p in (lepton, neutrino, light, other, other_parent))
    n = lepton.shape[1]
    bottoms = decay(light, (0.0, 0.0), *isotropic(n, rng), beam[:, :n])
    quarks = _longitudinal_decay(other, other_parent, rng)
    partons = [
        _listed(radiate(*bottoms, rng, heavy=(True, True)), np.full(n, 5), np.full(n, 5)),
        _listed(radiate(*quarks, rng), np.zeros(n), _charm(n, rng)),
        _branched(initial, seen, rng),
    ]
    return _collisions(lepton, neutrino, partons)


def _longitudinal_decay(w: np.ndarray, parent: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    n = w.shape[1]
    return decay(w, (0.0, 0.0), longitudinal(rng.random(n)), rng.uniform(0, 2 * np.pi, n), -parent)


def _tops(hard: Hard, system: np.ndarray, initial: Emissions, rng: np.random.Generator) -> Collisions:
    n = len(hard.mass)
    beam = np.broadcast_to(BEAM[:, None], (4, n))
    first, second = decay(system, tuple(hard.tops), hard.cosine, rng.uniform(0, 2 * np.pi, n), beam)
    w_lv, chain = _top_decay(first, rng)
    lepton, neutrino = _top_w_decay(w_lv, first, rng)
    seen = _seen(lepton)
    lepton, neutrino, second, chain = lepton[:, seen], neutrino[:, seen], second[:, seen], chain[:, seen]
    n = lepton.shape[1]
    w_qq, other_chain = _top_decay(second, rng)
    down, up = _top_w_decay(w_qq, second, rng)
    partons = [
        _listed(chain, np.full(n, 5)),
        _listed(other_chain, np.full(n, 5)),
        _listed(radiate(down, up, rng), np.zeros(n), _charm(n, rng)),
        _branched(initial, seen, rng),
    ]
    return _collisions(lepton, neutrino, partons)


def _top_decay(top: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the W boson, and the bottom quark with what it radiates, which the W boson balances."""
    n = top.shape[1]
    w_mass = breit_wigner(W_MASS, W_WIDTH, 15.0, n, rng)
    bottom, _ = decay(top, (0.0, w_mass), *isotropic(n, rng), np.broadcast_to(BEAM[:, None], (4, n)))
    square = dot(top, top)
    mirrored = 2 * dot(bottom, top) / square * top - bottom
    chain = radiate(bottom, mirrored, rng, heavy=(True, False), silent=True)
    # Stretch the chain along its direction in the top quark's frame until the W boson has its mass again.
    whole, top_mass = chain.sum(2), np.sqrt(square)
    rest = top / top_mass
    mass = np.sqrt(np.maximum(dot(whole, whole), 1e-6))
    energy = dot(whole, rest)
    momentum = np.sqrt(np.maximum(energy**2 - mass**2, 1e-12))
    along = (whole - energy * rest) / momentum
    wanted = (square + mass**2 - w_mass**2) / (2 * top_mass)
    wanted = np.sqrt(np.maximum(wanted**2 - mass**2, 1e-12))
    shift = np.arcsinh(wanted / mass) - np.arcsinh(momentum / mass)
    rest, along, shift = rest[..., None], along[..., None], shift[:, None]
    energy, forward = dot(chain, rest), -dot(chain, along)
    more, turn = np.cosh(shift) - 1, np.sinh(shift)
    chain = chain + (more * energy + turn * forward) * rest + (more * forward + turn * energy) * along
    return top - chain.sum(2), chain


def _top_w_decay(w: np.ndarray, top: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    n = w.shape[1]
    cosine = from_top(rng.random(n), rng.random(n))
    return decay(w, (0.0, 0.0), cosine, rng.uniform(0, 2 * np.pi, n), -top)


def _seen(lepton: np.ndarray) -> np.ndarray:
    pt = np.hypot(lepton[0], lepton[1])
    return (pt > LEPTON_PT_MIN) & (np.abs(lepton[2]) < pt * np.sinh(LEPTON_ETA_MAX))


def _charm(n: int, rng: np.random.Generator) -> np.ndarray:
    """Return the flavour of the up-type quark of a W boson: charm in half of the decays."""
    return np.where(rng.random(n) < 0.5, 4, 0)


def _listed(chains: np.ndarray, first: np.ndarray, last: np.ndarray | None = None) -> tuple:
    """Return the partons of one chain a collision, with the flavour of its ends."""
    n = chains.shape[1]
    there = chains[3] > 0
    flavour = np.zeros(there.shape, np.int8)
    flavour[:, 0] = first
    if last is not None:
        flavour[np.arange(n), there.sum(1) - 1] = last
    event, _ = np.nonzero(there)
    return chains[:, there], event, flavour[there]


def _branched(initial: Emissions, seen: np.ndarray, rng: np.random.Generator) -> tuple:
    """Return the initial state's radiation of the collisions that are seen; what is hard enough radiates in turn."""
    initial = Emissions(*(part[seen[initial.event]] for part in initial))
    event = (np.cumsum(seen) - 1)[initial.event]
    momenta = moving(initial.pt, initial.rapidity, initial.azimuth)
    hard = initial.pt > BRANCHING
    mirrored = momenta[:, hard] * np.array([-1, -1, 1, 1])[:, None]
    chains = radiate(momenta[:, hard], mirrored, rng, quarks=False, silent=True)
    there = chains[3] > 0
    momenta = np.concatenate([momenta[:, ~hard], chains[:, there]], axis=1)
    event = np.concatenate([event[~hard], np.repeat(event[hard], there.sum(1))])
    return momenta, event, np.zeros(len(event), np.int8)


def _collisions(lepton: np.ndarray, neutrino: np.ndarray, partons: Partons) -> Collisions:
    n = lepton.shape[1]
    momenta, event, flavour = (np.concatenate(parts, axis=-1) for parts in zip(*partons, strict=True))
    hard = momenta[0] ** 2 + momenta[1] ** 2 > SOFTEST**2
    momenta, event, flavour = momenta[:, hard], event[hard], flavour[hard]
    order = np.argsort(event, kind="stable")
    momenta, event, flavour = momenta[:, order], event[order], flavour[order]
    counts = np.bincount(event, minlength=n)
    place = np.arange(len(event)) - np.repeat(np.cumsum(counts) - counts, counts)
    padded = np.zeros((4, n, counts.max()))
    padded[:, event, place] = momenta
    flavours = np.zeros((n, counts.max()), np.int8)
    flavours[event, place] = flavour
    jets, flavours = cones(padded, flavours)
    pt = np.hypot(lepton[0], lepton[1])
    track = np.stack([pt, np.arcsinh(lepton[2] / pt), np.arctan2(lepton[1], lepton[0])], axis=1)
    enough = jets[:, 3, 0] > 0
    return Collisions(track[enough], neutrino[:2, enough].T, jets[enough], flavours[enough])
