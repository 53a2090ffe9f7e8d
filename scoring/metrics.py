"""Every metric a track can be judged by, under the name that its challenge.toml gives."""

from collections.abc import Mapping

from scoring.classification import ACCURACY
from scoring.estimate import Metric
from scoring.images import PSNR, SSIM
from scoring.multiclass import MACRO_ROC_AUC
from scoring.regression import MSE, NORMALISED_MSE
from scoring.roc import ROC_AUC
from scoring.text import (
    CHARACTER_ERROR_RATE,
    FOLDED_CHARACTER_ERROR_RATE,
    FOLDED_WORD_ERROR_RATE,
    WORD_ERROR_RATE,
)

METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        ROC_AUC,
        MACRO_ROC_AUC,
        ACCURACY,
        MSE,
        NORMALISED_MSE,
        CHARACTER_ERROR_RATE,
        WORD_ERROR_RATE,
        FOLDED_CHARACTER_ERROR_RATE,
        FOLDED_WORD_ERROR_RATE,
        PSNR,
        SSIM,
    )
}
