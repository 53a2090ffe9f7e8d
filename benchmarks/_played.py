"""Attacks played on tracks: what they gain in each setting, and the same on the real road."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks._attacked import TINY, Target, swapped
from benchmarks._attackers import ATTACKS
from benchmarks._boards import Kind, Simulated
from benchmarks._real_road import forget_files, register
from challenges.spec import PRIVATE, PUBLIC
from leaderboard.judge.judging import Judge

QUOTA, POOLED = 30, 5
LONG_QUOTA = 280
LONG = ("exoplanet.planets", "higgs.signal")
SEEDS = 6
ROAD_QUOTA, IMAGE_QUOTA = 6, 4
"""Files of either team on the real road; images are 26 MB each."""

STARTS = ("honest", "chance")
LIMITS = {"honest": (0.005, 0.5), "chance": (0.04, 2.0)}
"""What an attack may gain at most: in AUC, and in standard errors for all other metrics."""

Setting = tuple[Kind, int, int]
SETTINGS: tuple[Setting, ...] = (
    ("exact", 1, QUOTA),
    ("rounded", 1, QUOTA),
    ("ours", 1, QUOTA),
    ("ours", POOLED, QUOTA),
)


@dataclass(frozen=True)
class Gain:
    """What an attack gained against the model that it started from, mean over seeds; counted upwards.

    Attributes
    ----------
    shown, public, private : float
        Of the shown value, of the value on the public slice, and of the value on the private one.
    error : float
        Standard error of the mean of ``public``.
    """

    shown: float
    public: float
    private: float
    error: float


@dataclass(frozen=True)
class Attacked:
    """One track from one start: what each attack gained in each setting."""

    track: str
    start: str
    target: Target
    gains: dict[tuple[str, Setting], Gain]

    @property
    def in_auc(self) -> bool:
        return self.target.ranked

    @property
    def limit(self) -> float:
        """The limit in the metric's unit."""
        in_auc, in_errors = LIMITS[self.start]
        return in_auc if self.in_auc else in_errors * self.target.terrain.error

    @property
    def level(self) -> float:
        """What the model scores that the attack starts from, in the metric's own direction."""
        return self.target.sign * float(self.target.terrain.level[0])

    def strongest(self, setting: Setting) -> tuple[str, Gain]:
        """Return the attack that gained most in a setting."""
        found = {attack: gain for (attack, at), gain in self.gains.items() if at == setting}
        return max(found.items(), key=lambda pair: pair[1].public)

    def told(self, value: float) -> str:
        """Return a gain in AUC, or in standard errors."""
        if self.in_auc:
            digits = 4 if self.target.step < 0.005 else 3
            return f"{round(value, digits) + 0.0:+.{digits}f}"
        return f"{round(value / self.target.terrain.error, 2) + 0.0:+.2f} SE"


def played(target: Target, attack: str, setting: Setting, seed: int) -> list[Simulated]:
    """Play an attack on simulated boards and return its teams."""
    kind, number, quota = setting
    teams = [Simulated(target, kind, quota) for _ in range(number)]
    ATTACKS[attack](teams, np.random.default_rng(seed))
    return teams


def gain(target: Target, start: str, attack: str, setting: Setting, seeds: int) -> Gain:
    """Play an attack with several seeds and return what it gained on average."""
    plain = TINY * target.direction(np.random.default_rng(0))
    blind = start == "chance" and target.ranked
    honest = {part: 0.5 if blind else float(target.estimate([plain], part).value[0]) for part in (PUBLIC, PRIVATE)}
    shown_first = honest[PUBLIC]
    if setting[0] != "exact":
        shown_first = round(shown_first / target.step) * target.step
    each = []
    for seed in range(seeds):
        best = max(played(target, attack, setting, seed), key=lambda team: team.shown)
        reached = {part: float(target.estimate([best.best], part).value[0]) for part in honest}
        gained = [target.sign * (reached[part] - honest[part]) for part in (PUBLIC, PRIVATE)]
        each.append([best.shown - target.sign * shown_first, *gained])
    mean = np.mean(each, axis=0)
    return Gain(*map(float, mean), float(np.std(each, axis=0, ddof=1)[1] / np.sqrt(seeds)))


def attacks_on(target: Target) -> list[str]:
    """Return the attacks that make sense on a track: coins are weighed where labels are two."""
    return [name for name in ATTACKS if name != "coin weighing" or target.metric.kind == "scores"]


def attacked(name: str, start: str, target: Target, settings: Iterable[Setting], seeds: int) -> Attacked:
    """Play every attack on one track, from one start."""
    gains = {
        (attack, setting): gain(target, start, attack, setting, seeds)
        for setting in settings
        for attack in attacks_on(target)
    }
    return Attacked(name, start, target, gains)


def on_the_real_road(judge: Judge, target: Target) -> int:
    """Play each attack by two teams through intake, queue and judge; return the files sent.

    Raises
    ------
    AssertionError
        If a board or a ``moved`` is not as simulated.
    """
    sent = 0
    quota = IMAGE_QUOTA if target.holdout.metric.startswith("psnr") else ROAD_QUOTA
    for attack in attacks_on(target):
        real = [register(judge, target, f"attacker {secrets.token_hex(8)}", quota) for _ in range(2)]
        ATTACKS[attack](real, np.random.default_rng(0))
        simulated = played(target, attack, ("ours", 2, quota), seed=0)
        for one, other in zip(real, simulated, strict=True):
            assert one.seen == other.seen, f"{target.holdout.track}, {attack}: {one.seen}, simulated {other.seen}"
            sent += len(one.seen)
    forget_files(judge)
    return sent


def law_of_size(small: Attacked, seeds: int) -> str:
    """Return a line of Markdown: the strongest attack with the slices swapped, against what their sizes promise."""
    setting = SETTINGS[-1]
    attack, before = small.strongest(setting)
    target = swapped(small.target)
    after = gain(target, small.start, attack, setting, seeds)
    rows = [len(one.parts[PUBLIC][0]) for one in (small.target, target)]
    power = 1.0 if small.start == "honest" else 0.5
    promised = before.public * (rows[0] / rows[1]) ** power
    return (
        f"| {small.track} | {small.start} | {attack} | {rows[0]:,} | {before.public:+.4f} | {rows[1]:,} "
        f"| {promised:+.4f} | {after.public:+.4f} |"
    )


def units(target: Target) -> int:
    """Return how many independent units the public slice has."""
    return len(np.unique(target.parts[PUBLIC][1].groups))


def enough(one: Attacked) -> str:
    """Say from how many public units on the strongest attack on ours stays at its limit, to first order.

    From an honest model a gain is what is learned times how far it may be used, both of which shrink as 1 / sqrt(n);
    from chance how far is free. Limits in standard errors shrink as 1 / sqrt(n) themselves. Where there are more files
    than units to be learned, an attack learned all there is, and more would gain more.
    """
    excess = one.strongest(SETTINGS[-1])[1].public / one.limit
    if excess <= 1:
        return "enough"
    power = 1 if one.in_auc and one.start == "honest" else 2
    learned = len(np.unique(one.target.units[one.target.parts[PUBLIC][0]]))
    more = "over " if learned < POOLED * QUOTA else ""
    return f"{more}{units(one.target) * excess**power:,.0f}"
