# %% [markdown]
# # What the halo hides: a first answer
#
# Look at the rings, train trees on their ripples, validate them, write `submission.csv`. Change any cell and run it
# again.

# %%
from pathlib import Path

import h5py
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from plots import BLUE, GREY, LOOK, RED, roc_with_band
from sklearn.ensemble import ExtraTreesClassifier

here = Path(__file__).parent if "__file__" in globals() else Path()
plt.style.use(LOOK)
classes = ["no_sub", "cdm", "axion"]  # 0, 1 and 2 in the files


def read(part):
    """Return the arrays of a file by name."""
    with h5py.File(here / f"{part}.h5") as file:
        return {name: values[...] for name, values in file.items()}


train, validation, test = map(read, ("train", "validation", "test"))

# %% [markdown]
# ## Look
#
# A galaxy far behind another one, bent to a ring. The halo in front is smooth (`no_sub`), clumped (`cdm`) or threaded
# by a vortex (`axion`). On the right the same rings unrolled, each column one direction: a smooth lens varies slowly.

# %%
radius, angle = np.arange(2.0, 31.0), np.arange(64) * 2 * np.pi / 64
rows = np.rint(31.5 + radius[:, None] * np.sin(angle)).astype(int)
columns = np.rint(31.5 + radius[:, None] * np.cos(angle)).astype(int)
half, shown = 32 * 0.07, 2  # arcsec; rings of each class

figure, panels = plt.subplots(3, 2 * shown, figsize=(9, 5.2), width_ratios=[1] * shown + [1.5] * shown)
for label, row in enumerate(panels):
    images = train["X"][train["substructure"] == label][:shown]
    for image, seen, unrolled in zip(images, row[:shown], row[shown:], strict=True):
        seen.imshow(image, cmap="magma", origin="lower", extent=(-half, half, -half, half))
        unrolled.imshow(image[rows, columns], cmap="magma", origin="lower", aspect="auto", extent=(0, 360, 0.14, 2.1))
        unrolled.set(xticks=(0, 180, 360))
    row[0].set_ylabel(classes[label])
panels[2, 0].set_xlabel("offset [arcsec]")
panels[1, shown].set_ylabel("radius [arcsec]")
panels[2, shown].set_xlabel("direction [degrees]")
figure.savefig(here / "look.png")

# %% [markdown]
# ## Train and validate
#
# A forest of 200 trees sees the Fourier spectra of each ring's radius, width and brightness around it.


# %%
def ripples(images):
    """Describe each ring by how its radius, width and brightness vary around it."""
    dark = np.median(images[:, :, :4], axis=(1, 2))
    unrolled = np.clip(images[:, rows, columns] - dark[:, None, None], 0, None)
    weight = unrolled**2
    total = weight.sum(axis=1) + 1e-6
    where = (weight * radius[:, None]).sum(axis=1) / total
    width = np.sqrt((weight * (radius[:, None] - where[:, None]) ** 2).sum(axis=1) / total)
    light = np.log(unrolled.sum(axis=1) + 0.05)
    waves = [np.log(abs(np.fft.rfft(curve, axis=1))[:, :20] + 1e-3) for curve in (where, width, light)]
    return np.hstack([*waves, unrolled.mean(axis=2)]).astype(np.float32)


model = ExtraTreesClassifier(200, min_samples_leaf=5, max_features=0.3, bootstrap=True, max_samples=0.5, random_state=1)
model.fit(ripples(train["X"]), train["substructure"])
score = model.predict_proba(ripples(validation["X"]))

figure, axes = plt.subplots(figsize=(5, 5))
areas = []
for label, (name, color) in enumerate(zip(classes, (GREY, BLUE, RED), strict=True)):
    is_one = validation["substructure"] == label
    areas.append(roc_with_band(is_one, score[:, label], axes, validation.get("group"), label=name, color=color)[0])
axes.set_title("Each class against the others, with 95% bands")
figure.savefig(here / "validation.png")
print(f"macro ROC-AUC on {len(score):,} validation images: {np.mean(areas):.3f}")

# %% [markdown]
# ## Answer
#
# The last forest learns from all labelled images. It sees three curves of each ring: what would see all its pixels?

# %%
X, y = (np.concatenate([train[name], validation[name]]) for name in ("X", "substructure"))
model.fit(ripples(X), y)
submission = pd.DataFrame(model.predict_proba(ripples(test["X"])), columns=classes)
submission.insert(0, "id", test["id"].astype(str))
submission.to_csv(here / "submission.csv", index=False)
print(f"wrote submission.csv with {len(submission):,} rows; in the kit's folder")
print("check it: python check.py substructure/submission.csv")
print("send it:  python submit.py submit substructure/submission.csv --track lensing.substructure")
