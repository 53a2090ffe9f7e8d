"""A first answer to the particle images: train, validate, predict, write submission.csv. Start from here."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

here = Path(__file__).parent


def shapes(images):
    """Describe each shower by a few numbers: how much energy, in how many crystals, how far spread."""
    energy = images[:, :, :, 0]  # channel 1 is the time
    total = energy.sum(axis=(1, 2)) + 1e-9
    place = np.arange(32) - 16  # from the hottest crystal
    numbers = [total, (energy > 0).sum(axis=(1, 2)), energy[:, 16, 16] / total]
    numbers += [energy[:, 16 - k : 17 + k, 16 - k : 17 + k].sum(axis=(1, 2)) / total for k in (1, 2)]
    for axis in (2, 1):  # along eta, then along phi
        profile = energy.sum(axis=axis) / total[:, None]
        mean = profile @ place
        numbers += [np.sqrt(np.maximum(profile @ place**2 - mean**2, 0))]
    return np.column_stack(numbers)


with h5py.File(here / "train.h5") as file:
    X, y = shapes(file["X"][...]), file["y"][...]  # y is 1 for electrons, 0 for photons
with h5py.File(here / "test.h5") as file:
    ids, X_test = file["id"].asstr()[...], shapes(file["X"][...])

model = RandomForestClassifier(150, min_samples_leaf=20, max_samples=0.5, oob_score=True, n_jobs=-1, random_state=1)
model.fit(X, y)
# Every tree leaves half of the images out: asked about those alone, the forest is validated without a second set.
score = roc_auc_score(y, model.oob_decision_function_[:, 1])
print(f"ROC-AUC on the {len(y):,} training images, each judged by trees that never saw it: {score:.3f}")

submission = pd.DataFrame({"id": ids, "score": model.predict_proba(X_test)[:, 1]})
submission.to_csv(here / "submission.csv", index=False)
print(f"wrote submission.csv with {len(submission):,} rows; now: python check.py submission.csv")
