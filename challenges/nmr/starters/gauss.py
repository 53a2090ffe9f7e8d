# %% [markdown]
# # A Gaussian coupling: a first answer
#
# Look at the echoes, train a linear model, validate it, write `submission.csv`. Change any cell and run it again.

# %%
from pathlib import Path

import h5py
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from plots import BLUE, GREY, LOOK
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

here = Path(__file__).parent if "__file__" in globals() else Path()
plt.style.use(LOOK)
targets = {"alpha": "α", "xi": "ξ", "d": "d"}  # strength, length in sites, exponent of the decay


def read(part):
    """Return the arrays of a file by name."""
    with h5py.File(here / f"{part}.h5") as file:
        return {name: values[...] for name, values in file.items()}


train, validation, test = map(read, ("train", "validation", "test"))

# %% [markdown]
# ## Look
#
# A first pulse turns the spins, a second one turns them back 50 microseconds later; after as much again they meet: the
# echo. How they couple bends it. Echoes are sorted by each target in five equal parts; shown is each part's median.

# %%
time = 2 * np.arange(1, 472) / (2 * np.pi)  # microseconds
size = np.hypot(train["X"][:, 0], train["X"][:, 1])
figure, panels = plt.subplots(1, 3, figsize=(11, 3.6), sharey=True)
for axes, (name, letter) in zip(panels, targets.items(), strict=True):
    ends = np.quantile(train[name], np.linspace(0, 1, 6))
    for low, high, color in zip(ends[:-1], ends[1:], plt.cm.viridis(np.linspace(0, 0.9, 5)), strict=True):
        some = size[(low <= train[name]) & (train[name] <= high)]
        axes.plot(time, np.median(some, axis=0), color=color, linewidth=1.2, label=f"{low:.3g} to {high:.3g}")
    axes.legend(title=letter, fontsize=8, loc="upper right")
    axes.set_xlabel("time [µs]")
panels[0].set_ylabel("magnetisation |M|")
figure.savefig(here / "look.png")

# %% [markdown]
# ## Train and validate
#
# Ridge regression: a weighted sum of all 942 samples, for the logarithm of each target, whose errors count.


# %%
def flat(echoes):
    """Put the imaginary part behind the real one: 942 numbers an echo."""
    return echoes.reshape(len(echoes), -1).astype(np.float64)


def logarithms(part):
    """Return the logarithms of alpha, xi and d, a column each."""
    return np.log(np.column_stack([part[name] for name in targets]))


model = make_pipeline(StandardScaler(with_std=False), RidgeCV(np.logspace(-4, 3, 8), alpha_per_target=True))
answers = model.fit(flat(train["X"]), logarithms(train)).predict(flat(validation["X"]))
truth = logarithms(validation)
losses = ((answers - truth) ** 2).mean(axis=0) / logarithms(train).var(axis=0)

figure, panels = plt.subplots(1, 3, figsize=(11, 3.9))
for axes, letter, answer, true, loss in zip(panels, targets.values(), answers.T, truth.T, losses, strict=True):
    axes.axline((true.mean(), true.mean()), slope=1, color=GREY, linewidth=0.8, linestyle=":")
    axes.plot(true, answer, ".", color=BLUE, markersize=3, alpha=0.6)
    axes.set(xlabel=f"true ln {letter}", ylabel=f"answered ln {letter}", title=f"normalised squared error {loss:.3f}")
figure.savefig(here / "validation.png")
print(f"normalised MSE of the logarithms on {len(truth):,} validation echoes: {losses.mean():.3f}")

# %% [markdown]
# ## Answer
#
# The last model learns from all labelled echoes. A coupling bends an echo, and a sum sees no bends: what would?

# %%
X, y = np.concatenate([train["X"], validation["X"]]), np.concatenate([logarithms(train), logarithms(validation)])
submission = pd.DataFrame(np.exp(model.fit(flat(X), y).predict(flat(test["X"]))), columns=list(targets))
submission.insert(0, "id", test["id"].astype(str))
submission.to_csv(here / "submission.csv", index=False)
print(f"wrote submission.csv with {len(submission):,} rows; in the kit's folder")
print("check it: python check.py gauss/submission.csv")
print("send it:  python submit.py submit gauss/submission.csv --track nmr.gauss")
