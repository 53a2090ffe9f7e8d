# %% [markdown]
# # Gauss or RKKY: a first answer
#
# Look at the echoes, train a linear model, validate it, write `submission.csv`. Change any cell and run it again.

# %%
from pathlib import Path

import h5py
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from plots import BLUE, LOOK, RED, roc_with_band
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

here = Path(__file__).parent if "__file__" in globals() else Path()
plt.style.use(LOOK)
kinds = ((0, BLUE, "Gauss"), (1, RED, "RKKY"))  # values of "rkky" in the files


def read(part):
    """Return the arrays of a file by name."""
    with h5py.File(here / f"{part}.h5") as file:
        return {name: values[...] for name, values in file.items()}


train, validation, test = map(read, ("train", "validation", "test"))

# %% [markdown]
# ## Look
#
# A first pulse turns the spins, a second one turns them back 50 microseconds later; after as much again they meet: the
# echo. How they couple bends it. On the left three of each kind, on the right the middle half of all.

# %%
time = 2 * np.arange(1, 472) / (2 * np.pi)  # microseconds
size = np.hypot(train["X"][:, 0], train["X"][:, 1])
figure, (axes, right) = plt.subplots(1, 2, figsize=(11, 3.8), sharey=True)
for rkky, color, name in kinds:
    some = size[train["rkky"] == rkky]
    axes.plot(time, some[:3].T, color=color, linewidth=0.8, label=[name, None, None])
    right.fill_between(time, *np.quantile(some, (0.25, 0.75), axis=0), color=color, alpha=0.25, linewidth=0)
    right.plot(time, np.median(some, axis=0), color=color, label=f"{name}, median")
axes.set(xlabel="time [µs]", ylabel="magnetisation |M|", title="Single echoes")
right.set(xlabel="time [µs]", title=f"{len(size):,} training echoes")
for one in (axes, right):
    one.legend()
figure.savefig(here / "look.png")

# %% [markdown]
# ## Train and validate
#
# A weighted sum of all 942 samples, real and imaginary.


# %%
def flat(echoes):
    """Put the imaginary part behind the real one: 942 numbers an echo."""
    return echoes.reshape(len(echoes), -1).astype(np.float64)


model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=200))
model.fit(flat(train["X"]), train["rkky"])
score = model.decision_function(flat(validation["X"]))

figure, (axes, curve) = plt.subplots(1, 2, figsize=(9, 4))
for rkky, color, name in kinds:
    axes.hist(score[validation["rkky"] == rkky], bins=30, histtype="step", color=color, label=name)
axes.set(xlabel="score", ylabel="echoes", title=f"{len(score):,} validation echoes")
axes.legend()
area, low, high = roc_with_band(validation["rkky"], score, curve, groups=validation.get("group"))
figure.savefig(here / "validation.png")
print(f"ROC-AUC on {len(score):,} validation echoes: {area:.3f} ({low:.3f} to {high:.3f})")

# %% [markdown]
# ## Answer
#
# The last model learns from all labelled echoes. A coupling does not shift an echo up or down, it bends it: what would
# see bends?

# %%
X, y = (np.concatenate([train[name], validation[name]]) for name in ("X", "rkky"))
scores = model.fit(flat(X), y).decision_function(flat(test["X"]))
pd.DataFrame({"id": test["id"].astype(str), "score": scores}).to_csv(here / "submission.csv", index=False)
print(f"wrote submission.csv with {len(scores):,} rows; in the kit's folder")
print("check it: python check.py interaction/submission.csv")
print("send it:  python submit.py submit interaction/submission.csv --track nmr.interaction")
