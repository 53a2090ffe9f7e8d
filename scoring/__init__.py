"""How good an answer is: pure numbers first, then files.

Every metric gives an `Estimate`; `interval`, `compare`, `rank_sets` and `resolvable_gap` take one and nothing else.
"""

from scoring.areas import partial_auc, weighted_auc
from scoring.classification import accuracy, f1
from scoring.curve import roc_curve, working_point
from scoring.detection import detection_rate
from scoring.estimate import Estimate, Metric
from scoring.groups import leaders, possible_ranks
from scoring.images import psnr, ssim
from scoring.interval import interval
from scoring.multiclass import multiclass_auc
from scoring.planning import finest_step, planned, resolvable_gap
from scoring.points import Points, challenge_points, points, standings
from scoring.ranks import compare, rank_sets, significantly_better
from scoring.regression import mse, normalised_log_mse, normalised_mse
from scoring.roc import delong
from scoring.sklearn_signature import roc_auc_score
from scoring.text import (
    character_error_rate,
    folded_character_error_rate,
    folded_word_error_rate,
    word_error_rate,
)

__all__ = [
    "Estimate",
    "Metric",
    "Points",
    "accuracy",
    "challenge_points",
    "character_error_rate",
    "compare",
    "delong",
    "detection_rate",
    "f1",
    "finest_step",
    "folded_character_error_rate",
    "folded_word_error_rate",
    "interval",
    "leaders",
    "mse",
    "multiclass_auc",
    "normalised_log_mse",
    "normalised_mse",
    "partial_auc",
    "planned",
    "points",
    "possible_ranks",
    "psnr",
    "rank_sets",
    "resolvable_gap",
    "roc_auc_score",
    "roc_curve",
    "significantly_better",
    "ssim",
    "standings",
    "weighted_auc",
    "word_error_rate",
    "working_point",
]
