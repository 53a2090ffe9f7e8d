# %% [markdown]
# # Electron or photon: a first answer
#
# Look at the showers, train trees on a few of their shapes, validate them, write `submission.csv`. Change any cell and
# run it again.

# %%
from pathlib import Path

import h5py
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm
from plots import BLUE, LOOK, RED, roc_with_band
from sklearn.ensemble import RandomForestClassifier

here = Path(__file__).parent if "__file__" in globals() else Path()
plt.style.use(LOOK)
GEV = 50  # one unit of energy


def read(part):
    """Return the arrays of a file by name."""
    with h5py.File(here / f"{part}.h5") as file:
        return {name: values[...] for name, values in file.items()}


train, validation, test = map(read, ("train", "validation", "test"))

# %% [markdown]
# ## Look
#
# A shower each, the mean of all, and what electrons leave more (red) or less (blue) than photons. An electron is bent
# by the field along φ and radiates on its way, so its energy is smeared along φ; both are alike along η.

# %%
energy = GEV * train["X"][..., 0].astype(np.float32)  # channel 1 is the time
electrons, photons = energy[train["y"] == 1], energy[train["y"] == 0]
means = electrons.mean(axis=0), photons.mean(axis=0)
total = means[0] + means[1]
excess = np.where(total > 0.02, (means[0] - means[1]) / total.clip(0.02), 0)
figure, panels = plt.subplots(1, 5, figsize=(12, 2.9), sharex=True, sharey=True)
style = {"origin": "lower", "extent": (-16.5, 15.5, -16.5, 15.5)}
images = (electrons[0], photons[0], *means)
titles = ("an electron", "a photon", "mean electron", "mean photon", "electrons' excess")
for axes, image in zip(panels, images, strict=False):
    axes.imshow(np.maximum(image, 1e-3), norm=LogNorm(0.01, 30), cmap="inferno", **style)
relative = panels[4].imshow(excess, cmap="RdBu_r", vmin=-0.6, vmax=0.6, **style)
for axes, title in zip(panels, titles, strict=True):
    axes.set_title(title)
panels[0].set_ylabel("η [crystals]")
figure.colorbar(panels[3].images[0], ax=panels[3], label="energy [GeV]", shrink=0.8)
figure.colorbar(relative, ax=panels[4], label="(e - γ) / (e + γ)", shrink=0.8)
figure.supxlabel("φ [crystals of 0.0174] from the hottest one", fontsize=10)
figure.savefig(here / "look.png")

# %% [markdown]
# ## Train and validate
#
# A forest of 150 trees sees seven numbers of each shower: how much energy, in how many crystals, how far spread.


# %%
def shapes(images):
    """Describe each shower by a few numbers."""
    energy = images[:, :, :, 0].astype(np.float32)
    total = energy.sum(axis=(1, 2)) + 1e-9
    place = np.arange(32) - 16  # from the hottest crystal
    numbers = [total, (energy > 0).sum(axis=(1, 2)), energy[:, 16, 16] / total]
    numbers += [energy[:, 16 - k : 17 + k, 16 - k : 17 + k].sum(axis=(1, 2)) / total for k in (1, 2)]
    for axis in (2, 1):  # along eta, then along phi
        profile = energy.sum(axis=axis) / total[:, None]
        mean = profile @ place
        numbers += [np.sqrt(np.maximum(profile @ place**2 - mean**2, 0))]
    return np.column_stack(numbers)


model = RandomForestClassifier(150, min_samples_leaf=20, max_samples=0.5, n_jobs=-1, random_state=1)
model.fit(shapes(train["X"]), train["y"])
score = model.predict_proba(shapes(validation["X"]))[:, 1]

figure, (axes, curve) = plt.subplots(1, 2, figsize=(9, 4))
for y, color, name in ((0, BLUE, "photons"), (1, RED, "electrons")):
    axes.hist(score[validation["y"] == y], bins=40, range=(0, 1), histtype="step", color=color, label=name)
axes.set(xlabel="score", ylabel="showers", title=f"{len(score):,} validation images")
axes.legend()
area, low, high = roc_with_band(validation["y"], score, curve, groups=validation.get("group"))
figure.savefig(here / "validation.png")
print(f"ROC-AUC on {len(score):,} validation images: {area:.3f} ({low:.3f} to {high:.3f})")

# %% [markdown]
# ## Answer
#
# The last forest learns from all labelled images. It sees seven numbers of 1,024 crystals: which others would you give
# it?

# %%
X, y = (np.concatenate([train[name], validation[name]]) for name in ("X", "y"))
model.fit(shapes(X), y)
submission = pd.DataFrame({"id": test["id"].astype(str), "score": model.predict_proba(shapes(test["X"]))[:, 1]})
submission.to_csv(here / "submission.csv", index=False)
print(f"wrote submission.csv with {len(submission):,} rows")
print("check it: python check.py submission.csv")
print("send it:  python submit.py submit submission.csv --track particle_images.electron_photon")
