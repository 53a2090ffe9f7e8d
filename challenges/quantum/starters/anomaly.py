"""A first answer to the quantum challenge: train on quarks, validate, flag gluons, write submission.csv.

Start from here. It is a classical one: principal components of quark jets, and by how much each new jet misses them.
Put a quantum circuit in its place, and declare it in OpenQASM 3.
"""

from pathlib import Path

import h5py
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score

here = Path(__file__).parent


def prepare(images):
    """Divide each image by its largest pixel, so that its energy tells nothing, and flatten it."""
    largest = images.max(axis=(1, 2), keepdims=True)
    return (images / largest.clip(1e-6)).reshape(len(images), -1)


with h5py.File(here / "train.h5") as file:
    quarks = prepare(file["X"][...])  # nothing else is in there
with h5py.File(here / "validation.h5") as file:
    X_validation, gluon = prepare(file["X"][...]), file["gluon"][...]  # gluon is 1, quark is 0
with h5py.File(here / "test.h5") as file:
    ids, X_test = file["id"].asstr()[...], prepare(file["X"][...])

model = PCA(5, svd_solver="randomized", random_state=1).fit(quarks)


def anomaly(x):
    """Return the squared distance of each jet from its reconstruction."""
    return ((x - model.inverse_transform(model.transform(x))) ** 2).sum(axis=1)


score = roc_auc_score(gluon, anomaly(X_validation))
print(f"ROC-AUC on {len(gluon):,} labelled validation jets, after training on {len(quarks):,} quark jets: {score:.3f}")

submission = pd.DataFrame({"id": ids, "score": anomaly(X_test)})
submission.to_csv(here / "submission.csv", index=False)
print(f"wrote submission.csv with {len(submission):,} rows; now: python check.py submission.csv")
