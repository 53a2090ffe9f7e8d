# %% [markdown]
# # Planets in the making: a first answer
#
# Look at the disks, train a small net, validate it, write `submission.csv`. Change any cell and run it again.

# %%
from pathlib import Path

import h5py
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from plots import BLUE, LOOK, RED, roc_with_band
from sklearn.neural_network import MLPClassifier

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
# The brightest disks. Dust glows at a wavelength of 1.25 mm. Above are disks with planets, below those without: rings
# and spirals have other causes, too. The centre outshines all else, so brightness is shown by its inverse hyperbolic
# sine.

# %%
half = 64 * 0.02  # arcsec
figure, panels = plt.subplots(2, 6, figsize=(11, 4), sharex=True, sharey=True)
for row, (planets, name) in zip(panels, ((1, "with planets"), (0, "without")), strict=True):
    images = train["X"][train["planets"] == planets]
    brightest = np.argsort(-images.mean(axis=(1, 2)))
    for axes, image in zip(row, images[brightest], strict=False):
        shown = np.arcsinh(image / 0.02).clip(0)
        axes.imshow(shown, cmap="inferno", origin="lower", extent=(-half, half, -half, half))
    row[0].set_title(name)
figure.supxlabel("offset [arcsec], 1 arcsec is 140 au", fontsize=10)
figure.savefig(here / "look.png")

# %% [markdown]
# ## Train and validate
#
# A net with one hidden layer of 64 units sees 32 x 32 pixels, each the mean of 4 x 4. Where several images show the
# same disk, `group` says so: a model recognises a disk it has seen, so validation images show others.


# %%
def pixels(images):
    """Return 32 x 32 pixels of each disk, bright ones compressed."""
    coarse = images.reshape(-1, 32, 4, 32, 4).mean(axis=(2, 4))
    return np.arcsinh(coarse / 0.02).reshape(len(images), -1)


def fit(X, y):
    """Train for twenty epochs; return a function that gives the probability of planets."""
    mean, spread = X.mean(axis=0), X.std(axis=0) + 1e-3
    net = MLPClassifier((64,), alpha=1.0, random_state=1)
    for _ in range(20):
        net.partial_fit((X - mean) / spread, y, classes=(0, 1))
    return lambda images: net.predict_proba((images - mean) / spread)[:, 1]


score = fit(pixels(train["X"]), train["planets"])(pixels(validation["X"]))

figure, (axes, curve) = plt.subplots(1, 2, figsize=(9, 4))
for planets, color, name in ((0, BLUE, "without planets"), (1, RED, "with planets")):
    axes.hist(score[validation["planets"] == planets], bins=30, range=(0, 1), histtype="step", color=color, label=name)
axes.set(xlabel="score", ylabel="disks", title=f"{len(score):,} validation images")
axes.legend()
area, low, high = roc_with_band(validation["planets"], score, curve, groups=validation.get("group"))
figure.savefig(here / "validation.png")
print(f"ROC-AUC on {len(score):,} validation images: {area:.3f} ({low:.3f} to {high:.3f})")

# %% [markdown]
# ## Answer
#
# The last net learns from all labelled images. It has to learn each ring at each tilt and angle by itself: what would
# spare it that?

# %%
X, y = (np.concatenate([train[name], validation[name]]) for name in ("X", "planets"))
predict = fit(pixels(X), y)
submission = pd.DataFrame({"id": test["id"].astype(str), "score": predict(pixels(test["X"]))})
submission.to_csv(here / "submission.csv", index=False)
print(f"wrote submission.csv with {len(submission):,} rows")
print("check it: python check.py submission.csv")
print("send it:  python submit.py submit submission.csv --track exoplanet.planets")
