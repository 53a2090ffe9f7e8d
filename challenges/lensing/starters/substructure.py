"""A first answer to the lensed galaxies: train, validate, predict, write submission.csv. Start from here."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import roc_auc_score

here = Path(__file__).parent
classes = ["no_sub", "cdm", "axion"]  # 0, 1 and 2 in the training file

radius, angle = np.arange(2.0, 31.0), np.arange(64) * 2 * np.pi / 64
rows = np.rint(31.5 + radius[:, None] * np.sin(angle)).astype(int)
columns = np.rint(31.5 + radius[:, None] * np.cos(angle)).astype(int)


def ripples(images):
    """Describe each ring by how its radius, width and brightness vary around it: a smooth lens varies slowly."""
    dark = np.median(images[:, :, :4], axis=(1, 2))
    unrolled = np.clip(images[:, rows, columns] - dark[:, None, None], 0, None)
    weight = unrolled**2
    total = weight.sum(axis=1) + 1e-6
    where = (weight * radius[:, None]).sum(axis=1) / total
    width = np.sqrt((weight * (radius[:, None] - where[:, None]) ** 2).sum(axis=1) / total)
    light = np.log(unrolled.sum(axis=1) + 0.05)
    waves = [np.log(abs(np.fft.rfft(curve, axis=1))[:, :20] + 1e-3) for curve in (where, width, light)]
    return np.hstack([*waves, unrolled.mean(axis=2)]).astype(np.float32)


with h5py.File(here / "train.h5") as file:
    X, y = ripples(file["X"][...]), file["substructure"][...]
with h5py.File(here / "test.h5") as file:
    ids, X_test = file["id"].asstr()[...], ripples(file["X"][...])

model = ExtraTreesClassifier(
    200, min_samples_leaf=5, max_features=0.3, bootstrap=True, max_samples=0.5, oob_score=True, random_state=1
)
model.fit(X, y)
# Every tree leaves half of the images out: asked about those alone, the forest is validated without a second set.
score = roc_auc_score(y, model.oob_decision_function_, multi_class="ovr")
print(f"Macro ROC-AUC on the {len(y):,} training images, each judged by trees that never saw it: {score:.3f}")

submission = pd.DataFrame(model.predict_proba(X_test), columns=classes)
submission.insert(0, "id", ids)
submission.to_csv(here / "submission.csv", index=False)
print(f"wrote submission.csv with {len(submission):,} rows; now: python check.py substructure/submission.csv")
