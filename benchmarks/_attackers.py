"""Attacks: each is given teams, and knows only what their boards show and what labelled rows of its own would tell."""

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
from scipy.special import ndtr

from benchmarks._attacked import FAR, RADII, TINY, Target, Terrain
from benchmarks._belief import FINE, Belief, best_radius
from benchmarks._boards import Team
from challenges.spec import PUBLIC

Attack = Callable[[Sequence[Team], np.random.Generator], None]

TOGETHER = 8
"""Units that are weighed at once: 3^8 ways to be positive, negative, or not in the public slice."""

MOVES = 0.45
"""How often a file of the staircase should move the board: an answer that is as likely as not tells most."""

TRUSTS = (0.6, 0.3, 1.0)
"""How much of a gain that is believed the last files count on."""

SIZES = np.array([0.25, 0.35, 0.5, 0.7, 0.85, 1.0])
"""Of a step of the staircase: the new direction's part, against what the file had before."""

CLEAR = 1.2
"""In steps: how much a file should differ from the best one, or the step alone decides and not the direction."""

CLIMB = 1.3
"""How far the foot lies below the top, in margins that the board asks for, one a file."""

NEAR, PROBE = 0.25, 1.0
"""How far from the model a direction is tried, at least and at most."""


def random_files(teams: Sequence[Team], rng: np.random.Generator) -> None:
    """Send random changes of the model, and hope for the best."""
    for team in teams:
        radius = best_radius(team.target.terrain, 2.0)
        while team.left:
            team.send(radius * team.target.direction(rng))


def boosting(teams: Sequence[Team], rng: np.random.Generator) -> None:
    """Send random files, then the sum of those that the board said were good (Blum and Hardt 2015).

    On a board of values those are the files above the expected value, less the others; on ours the ones that moved it.
    """
    terrain, good, told = teams[0].target.terrain, 0.0, 0
    teams[0].send(TINY * teams[0].target.direction(rng))
    for team in teams:
        while team.left > (team is teams[-1]):
            direction = team.target.direction(rng)
            seen = team.send(PROBE * direction)
            sign = np.sign(seen.value - terrain.mean(PROBE)) if team.kind != "ours" else float(seen.moved)
            good, told = good + sign * direction, told + abs(sign)
    teams[-1].send(best_radius(terrain, 0.8 * np.sqrt(told)) * _unit(good))


def hill_climbing(teams: Sequence[Team], rng: np.random.Generator) -> None:
    """Change the best file at random and keep what moves the board; a further team goes on where one has ended."""
    target = teams[0].target
    best = TINY * target.direction(rng)
    for team in teams:
        value = team.send(best).value
        while team.left:
            new = best + _stride(team, best, value) * target.direction(rng)
            if _length(new) > RADII[-1]:
                new = _unit(new)
            seen = team.send(new)
            if seen.moved:
                best, value = new, seen.value


def one_row_probes(teams: Sequence[Team], rng: np.random.Generator) -> None:
    """Change one row of the model at a time and keep what gains; on ours a fresh team's first file shows its value."""
    target, board = teams[0].target, teams[0].kind
    plain = TINY * target.direction(rng)
    base = teams[0].send(plain).value
    tried = iter(rng.permutation(target.units.max() + 1))
    learned = np.zeros_like(plain)
    for team in teams:
        fresh = team is not teams[0]
        best = plain
        while team.left > (team is teams[-1]):
            row = np.zeros_like(plain)
            row[target.units == next(tried), rng.integers(target.width)] = FAR if target.ranked else PROBE
            seen = team.send((best if board == "ours" else plain) + row)
            gain = seen.value - base
            if board != "ours" or fresh:
                learned += row * (np.sign(gain) if target.ranked else float(gain > 0))
            elif seen.moved:
                best, learned = best + row, learned + row
            fresh = False
    teams[-1].send(plain + learned + TINY * target.direction(rng))


def coin_weighing(teams: Sequence[Team], rng: np.random.Generator) -> None:
    """Raise a few units above all others, which tie, and find labels that give the very area shown (Whitehill 2016).

    Two files that raise the same units in another order weigh them: their areas tell how many are positive, how many
    negative, and how they are mixed. What our board does not show bounds the area from above.
    """
    target = teams[0].target
    model = target.answer(np.zeros((len(target.units), 1)))[:, 0]
    # The most doubtful units first: their labels are worth most.
    doubt = np.bincount(target.units, np.abs(model - np.median(model))) / np.bincount(target.units)
    order = np.lexsort([rng.random(len(doubt)), doubt]) if model.any() else rng.permutation(len(doubt))
    known = np.zeros(len(doubt))
    files = (team for team in teams for _ in range(team.left - (team is teams[-1])))
    chunks = iter([order[at : at + TOGETHER] for at in range(0, len(order) - TOGETHER, TOGETHER)])
    ways = np.array(list(product([0, 1, 2], repeat=TOGETHER)))
    prior = np.where(ways == 0, 0.7, 0.15).prod(axis=1)
    units, likely, weighed = next(chunks), prior, 0
    for team in files:
        arranged = rng.permutation(TOGETHER)
        raised = np.zeros((len(doubt), 1))
        raised[units[arranged], 0] = 1 + np.arange(TOGETHER)
        top = team.shown
        seen = team.send(FAR * raised[target.units] - model[:, None])
        value = _weighed(target, ways[:, arranged])
        low, high = seen.value - team.blur, seen.value + team.blur
        if not seen.moved and team.kind == "ours":
            low, high = -np.inf, top + max(target.step, 1.5 * target.terrain.error)
        likely = likely * ((value >= low - 1e-9) & (value <= high + 1e-9))
        weighed += 1
        if weighed == 2:
            known[units] = likely @ ((ways == 2) * 1.0 - (ways == 1)) / max(likely.sum(), 1e-300)
            units, likely, weighed = next(chunks, order[:TOGETHER]), prior, 0
    teams[-1].send(FAR * known[target.units, None] + TINY * target.direction(rng))


def _weighed(target: Target, ways: np.ndarray) -> np.ndarray:
    """Return the area of a file that raises some units, for all ways in which they can be labelled."""
    rows, public = target.parts[PUBLIC]
    positives = int(public.targets.iloc[:, 0].sum())
    negatives = len(rows) - positives
    size = len(target.units) // (target.units.max() + 1)
    up, down = size * (ways == 2), size * (ways == 1)
    below = (np.cumsum(down, axis=1) * up).sum(axis=1)
    pairs = (negatives - down.sum(axis=1)) * (positives + up.sum(axis=1)) / 2 + below
    return pairs / (positives * negatives)


def staircase(teams: Sequence[Team], rng: np.random.Generator) -> None:
    """Learn each direction's gain as well as a board tells it, then add all up; the strongest attack we know on ours.

    On a board of values a file for each direction tells its gain. On ours a team begins with a file that is known to be
    worse, and climbs: each file takes back a little of that and tries one new direction, so much that it moves the
    board about as often as not. Each answer tells nearly as much as a value would, whatever margin is asked for.
    """
    target, terrain = teams[0].target, teams[0].target.terrain
    room = sum(team.left for team in teams)
    directions = np.empty((room, len(target.units), target.width))
    drawn = 0
    belief = Belief(terrain, room)

    def fresh() -> np.ndarray:
        nonlocal drawn
        directions[drawn] = target.direction(rng)
        drawn += 1
        return np.eye(1 + room)[drawn]

    def made(file: np.ndarray) -> np.ndarray:
        summed = np.tensordot(file[1 : 1 + drawn], directions[:drawn], axes=1)
        return target.spoilt(summed + TINY * target.direction(rng), file[0])

    for team in teams:
        last = len(TRUSTS) * (team is teams[-1])
        if team.kind != "ours":
            while team.left > last:
                file = _clear(terrain, team) * fresh()
                belief.see(file, team.send(made(file)).value, team.blur)
        else:
            best = _foot(belief, fresh, team, last)
            belief.see(best, team.send(made(best)).value, team.blur)
            while team.left > last:
                new = _tread(belief, best, fresh(), team)
                seen = team.send(made(new))
                belief.see_move(new, best, target.step, seen.moved)
                if seen.moved:
                    best = new
                    belief.see(best, seen.value, team.blur)
    for trust in TRUSTS:
        teams[-1].send(made(belief.best_file(trust)))


def _clear(terrain: Terrain, team: Team) -> float:
    """Return how far to try a direction: near, where gains add up, but so far that they show."""
    return next((float(radius) for radius in FINE if radius >= NEAR and terrain.scale(radius) >= 3 * team.blur), PROBE)


def _foot(belief: Belief, fresh: Callable[[], np.ndarray], team: Team, last: int) -> np.ndarray:
    """Return a first file that is about as bad as the climb can make good."""
    top, start, loss = belief.best_file(), fresh(), np.eye(len(belief.mean) - 1)[0]
    climb = CLIMB * (team.left - last) * max(team.target.step, belief.terrain.scale(PROBE) / 3)
    if team.target.ruin:
        return top + climb * loss + NEAR * start
    files = np.array([*(radius * start for radius in FINE[1:]), -top if top.any() else start])
    return files[np.argmin(np.abs(belief.expected(files) - belief.expected(top) + climb))]


def _tread(belief: Belief, best: np.ndarray, new: np.ndarray, team: Team) -> np.ndarray:
    """Return the next file: the best one, a part of the way to what is believed best, and a new direction."""
    step, top = team.target.step, belief.best_file()
    kept = best + np.linspace(0, 1, 41)[:, None] * (top - best)
    whole = np.ones(len(kept)) if team.target.ruin else np.maximum(np.linalg.norm(kept[:, 1:], axis=1), FINE[1])
    sizes = SIZES * whole[:, None]
    files = (kept[:, None, :] + sizes[:, :, None] * new).reshape(-1, len(new))
    likely, spread = belief.chances(files, best, step)
    unclear = spread < min(CLEAR * step, spread.max())
    return files[np.argmin(np.abs(likely - MOVES) + unclear + np.tile(SIZES, len(kept)))]


def _stride(team: Team, best: np.ndarray, value: float) -> float:
    """Return how far to step aside so that what is kept gains most: far enough to be seen, not so far that it costs."""
    terrain, length = team.target.terrain, max(_length(best), FINE[1])
    lucky = (value - terrain.mean(length)) / max(terrain.scale(length), TINY)

    def gain(stride: float) -> float:
        far = float(np.hypot(length, stride))
        scale = terrain.scale(far) / far
        drift = terrain.mean(far) - terrain.mean(length) + lucky * (scale * length - terrain.scale(length))
        spread = float(np.hypot(scale * stride, scale * length - terrain.scale(length)))
        margin = max(team.target.step, spread) if team.kind == "ours" else 0.0
        short = (margin - drift) / spread
        return drift * ndtr(-short) + spread * np.exp(-0.5 * short**2) / np.sqrt(2 * np.pi)

    return max(FINE[1:], key=gain)


def _length(direction: np.ndarray) -> float:
    return float(np.sqrt(np.mean(direction**2)))


def _unit(direction: np.ndarray) -> np.ndarray:
    return direction / max(_length(direction), TINY)


ATTACKS: dict[str, Attack] = {
    "random files": random_files,
    "boosting": boosting,
    "hill climbing": hill_climbing,
    "one-row probes": one_row_probes,
    "coin weighing": coin_weighing,
    "staircase": staircase,
}
