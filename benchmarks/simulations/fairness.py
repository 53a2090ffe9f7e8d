"""How often a team that does not win decides who does, by leaving: three ways to add up challenges."""

from collections.abc import Callable
from math import log10

import numpy as np
from scipy.stats import norm

from scoring.interval import clopper_pearson
from scoring.points import Points, standings
from scoring.roc import ROC_AUC

ROUNDS, SEED = 1000, 20260101
TEAMS, CHALLENGES, ENTERED = 20, 7, 0.7
FLOOR, REFERENCES = 0.5, np.linspace(0.72, 0.92, CHALLENGES)

Scores = dict[str, dict[int, float]]
"""For each team, its ROC-AUC in the challenges it entered."""


def event(rng: np.random.Generator) -> Scores:
    """Return an event's scores: a team's skill and its luck in a challenge weigh alike, and it enters most of them."""
    skill = rng.normal(size=(TEAMS, 1)) + rng.normal(size=(TEAMS, CHALLENGES))
    scores = norm.cdf(norm.ppf(REFERENCES) + 0.15 * skill)
    entered = rng.random((TEAMS, CHALLENGES)) < ENTERED
    return {
        f"team {team}": {one: float(scores[team, one]) for one in np.flatnonzero(entered[team]).tolist()}
        for team in range(TEAMS)
    }


def ours(scores: Scores) -> set[str]:
    """Return the winners by points between two anchors."""
    table = {
        team: {
            one: Points.of(score, score, score, metric=ROC_AUC, floor=FLOOR, reference=REFERENCES[one])
            for one, score in entries.items()
        }
        for team, entries in scores.items()
    }
    return {standing.team for standing in standings(table) if standing.rank == 1}


def borda(scores: Scores) -> set[str]:
    """Return the winners by a point for every team beaten (J.-C. de Borda 1781)."""
    return _by_rank(scores, lambda rank, entrants: entrants - rank)


def kaggle(scores: Scores) -> set[str]:
    """Return the winners by ``100000 rank^-0.75 log10(1 + log10(teams))``.

    Kaggle's formula for one-person teams on the day of the deadline: W. Cukierski, Improved Kaggle Rankings,
    blog.kaggle.com, 13 May 2015.
    """
    return _by_rank(scores, lambda rank, entrants: 1e5 * rank**-0.75 * log10(1 + log10(entrants)))


SYSTEMS = {"points between anchors (ours)": ours, "Borda": borda, "Kaggle 2015": kaggle}


def _by_rank(scores: Scores, worth: Callable[[int, int], float]) -> set[str]:
    totals = dict.fromkeys(scores, 0.0)
    for challenge in range(CHALLENGES):
        entries = {team: of_team[challenge] for team, of_team in scores.items() if challenge in of_team}
        for rank, team in enumerate(sorted(entries, key=entries.get, reverse=True), start=1):
            totals[team] += worth(rank, len(entries))
    best = max(totals.values())
    return {team for team, total in totals.items() if best - total < 1e-9 * best}


def spoiled(winners_of: Callable[[Scores], set[str]], scores: Scores) -> bool:
    """Return whether some team that does not win changes the winners by leaving the event."""
    winners = winners_of(scores)
    return any(
        winners_of({other: entries for other, entries in scores.items() if other != team}) != winners
        for team in set(scores) - winners
    )


def run(rounds: int = ROUNDS, seed: int = SEED) -> list[dict]:
    """Return one row a system: the share of simulated events that such a team can spoil, with its interval."""
    rng = np.random.default_rng(seed)
    events = [event(rng) for _ in range(rounds)]
    rows = []
    for system, winners_of in SYSTEMS.items():
        hits = sum(spoiled(winners_of, scores) for scores in events)
        rows.append({"system": system, "spoiled": hits / rounds, "interval": clopper_pearson(hits, rounds)})
    return rows
