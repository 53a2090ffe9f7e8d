"""Every metric a track can be judged by, under the name that its challenge.toml gives."""

from challenges.spec import Challenge, ChallengeError
from scoring.classification import ACCURACY
from scoring.estimate import TrackMetric
from scoring.images import PSNR, SSIM
from scoring.multiclass import MACRO_ROC_AUC
from scoring.regression import MSE, NORMALISED_LOG_MSE, NORMALISED_MSE
from scoring.roc import ROC_AUC
from scoring.text import (
    CHARACTER_ERROR_RATE,
    FOLDED_CHARACTER_ERROR_RATE,
    FOLDED_WORD_ERROR_RATE,
    WORD_ERROR_RATE,
)

METRICS: dict[str, TrackMetric] = {
    metric.name: metric
    for metric in (
        ROC_AUC,
        MACRO_ROC_AUC,
        ACCURACY,
        MSE,
        NORMALISED_MSE,
        NORMALISED_LOG_MSE,
        CHARACTER_ERROR_RATE,
        WORD_ERROR_RATE,
        FOLDED_CHARACTER_ERROR_RATE,
        FOLDED_WORD_ERROR_RATE,
        PSNR,
        SSIM,
    )
}
"""The one list: a metric of a kind that there is already needs nothing else to be judged by and shown."""


class UnknownMetricError(ChallengeError):
    """A track that asks for a metric which nobody computes."""


def check_metrics(challenge: Challenge) -> None:
    """Check that each metric which a challenge's tracks name is known.

    Raises
    ------
    UnknownMetricError
        Naming file, track and key, what came, and the metrics there are.
    """
    for track in challenge.tracks:
        for key, names in (("metric", [track.metric]), ("also", track.also)):
            unknown = [name for name in names if name not in METRICS]
            if unknown:
                raise UnknownMetricError(
                    f"{challenge.folder / 'challenge.toml'}: track {track.id} has {unknown[0]!r} as {key}, "
                    f"expected one of {sorted(METRICS)}"
                )
