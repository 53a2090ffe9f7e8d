# %% [markdown]
# # Flag gluon jets: a first answer
#
# Look at the jets, learn what quark jets are like, validate it, write `submission.csv`. This answer is a classical one:
# put a quantum circuit in its place, and declare it in OpenQASM 3 as `circuit.qasm` does.

# %%
from pathlib import Path

import h5py
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm
from plots import BLUE, LOOK, RED, roc_with_band
from sklearn.decomposition import PCA

here = Path(__file__).parent if "__file__" in globals() else Path()
plt.style.use(LOOK)


def read(part):
    """Return the arrays of a file by name."""
    with h5py.File(here / f"{part}.h5") as file:
        return {name: values[...] for name, values in file.items()}


train, validation, test = map(read, ("train", "validation", "test"))

# %% [markdown]
# ## Look
#
# Single jets, then the mean of all. A gluon radiates about twice as much as a quark, so its jet is wider. The training
# file holds quarks alone; the gluons here are from the validation file.

# %%
quarks, gluons = (validation["X"][validation["gluon"] == kind] for kind in (0, 1))
figure, panels = plt.subplots(2, 5, figsize=(11, 5), sharex=True, sharey=True)
style = {"norm": LogNorm(0.05, 50), "cmap": "inferno", "origin": "lower", "extent": (-15, 15, -15, 15)}
for row, images, name in zip(panels, (quarks, gluons), ("quark", "gluon"), strict=True):
    for axes, image in zip(row, (*images[:4], images.mean(axis=0)), strict=True):
        axes.imshow(np.maximum(image, 1e-3), **style)
    row[0].set_title(f"{name} jets")
    row[4].set_title(f"mean of {len(images):,}")
figure.colorbar(panels[0, 0].images[0], ax=panels, label="transverse energy [GeV]", aspect=30, pad=0.01)
figure.supxlabel("φ [crystals of 0.0174]", fontsize=10)
figure.supylabel("η [crystals]", fontsize=10)
figure.savefig(here / "look.png")

# %% [markdown]
# ## Train and validate
#
# Five principal components of quark jets, and by how much each jet misses what they can make: its squared distance.


# %%
def prepare(images):
    """Divide each image by its largest pixel, so that its energy tells nothing, and flatten it."""
    largest = images.max(axis=(1, 2), keepdims=True)
    return (images / largest.clip(1e-6)).reshape(len(images), -1)


model = PCA(5, svd_solver="randomized", random_state=1).fit(prepare(train["X"]))


def anomaly(images):
    """Return the squared distance of each jet from its reconstruction."""
    x = prepare(images)
    return ((x - model.inverse_transform(model.transform(x))) ** 2).sum(axis=1)


score = anomaly(validation["X"])

figure, (axes, curve) = plt.subplots(1, 2, figsize=(9, 4))
for gluon, color, name in ((0, BLUE, "quarks"), (1, RED, "gluons")):
    axes.hist(score[validation["gluon"] == gluon], bins=30, histtype="step", color=color, label=name)
axes.set(xlabel="squared distance", ylabel="jets", title=f"{len(score):,} validation jets")
axes.legend()
area, low, high = roc_with_band(validation["gluon"], score, curve, groups=validation.get("group"))
figure.savefig(here / "validation.png")
print(f"ROC-AUC on {len(score):,} validation jets: {area:.3f} ({low:.3f} to {high:.3f})")

# %% [markdown]
# ## Answer
#
# The rules let a model learn from quark jets alone, so the validation file only validates. A few bright crystals decide
# these distances: what would let the many faint ones count?

# %%
submission = pd.DataFrame({"id": test["id"].astype(str), "score": anomaly(test["X"])})
submission.to_csv(here / "submission.csv", index=False)
print(f"wrote submission.csv with {len(submission):,} rows, of a model trained on {len(train['X']):,} quark jets")
print("check it: python check.py submission.csv")
print("send it:  python submit.py submit submission.csv --track quantum.anomaly --circuit circuit.qasm")
