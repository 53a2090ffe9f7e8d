"""What a holdout is worth, told before anybody plays: which gaps it finds, what luck makes of it, its finest step."""

import numpy as np

from challenges.spec import PRIVATE, PUBLIC, Track
from leaderboard.event import Event, EventError
from scoring.multiclass import MACRO_ROC_AUC
from scoring.planning import best_of, finest_step, planned, resolvable_gap
from scoring.roc import ROC_AUC
from scoring.sealed.balance import LopsidedError, check_balance
from scoring.sealed.holdout import Holdout
from scoring.sealed.judge import Predictions, estimate
from scoring.validate import ScoringError

AREAS = (ROC_AUC.name, MACRO_ROC_AUC.name)


def finest_step_of(event: Event, holdout: Holdout) -> float | None:
    """Return the finest step that a holdout's public slice bears; None where its metric is no area."""
    _, track = event.track(holdout.track)
    labels = holdout.targets.iloc[:, 0].to_numpy()[holdout.rows(PUBLIC)]
    return finest_step(labels) if track.metric in AREAS and len(np.unique(labels)) > 1 else None


def luck(event: Event, track: Track, answers: Holdout) -> float | None:
    """Return by how much the best of a team's random files beats chance on the public slice.

    None if no area counts, or the slice is too small to tell.
    """
    if track.metric not in AREAS:
        return None
    guesses = Predictions(np.random.default_rng(0).random((len(answers.ids), len(track.columns))))
    try:
        error = float(estimate([guesses], answers, PUBLIC).standard_error[0])
    except ScoringError:
        return None
    return round(best_of(event.config.submissions_in_all) * error, 2)


def gap(track: Track, answers: Holdout) -> float | None:
    """Return the smallest gap between two teams near 0.8 that the private slice finds four times out of five.

    None if the metric is no area between two classes.
    """
    labels = answers.targets.iloc[answers.rows(PRIVATE), 0]
    if track.metric not in AREAS or labels.nunique() != 2:
        return None
    m, n = labels.value_counts().tolist()
    guesses = Predictions(np.random.default_rng(0).random((len(answers.ids), len(track.columns))))
    try:
        independent = planned(0.5, m, n).standard_error[0]
        clustered = estimate([guesses], answers, PRIVATE).standard_error[0]
        return round(resolvable_gap(planned(0.8, m, n, max((clustered / independent) ** 2, 1.0))), 3)
    except ScoringError:
        return None


def only_practice(event: Event, answers: Holdout) -> bool:
    """Return whether one group decides too much for teams to be told apart, which only a small event may have."""
    try:
        check_balance(answers)
    except LopsidedError as error:
        if event.config.size == "small":
            return True
        raise EventError(str(error)) from error
    return False
