"""Every metric a track can be judged by, under the name that its challenge.toml gives."""

from collections.abc import Mapping

from scoring.classification import ACCURACY
from scoring.estimate import Metric
from scoring.multiclass import MACRO_ROC_AUC
from scoring.regression import MSE
from scoring.roc import ROC_AUC

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in (ROC_AUC, MACRO_ROC_AUC, ACCURACY, MSE)}
