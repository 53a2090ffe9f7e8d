# %% [markdown]
# # Sharper rings: a first answer
#
# Look at the pairs, interpolate, see what is missed, write `submission.npy`. Change any cell and run it again.

# %%
from pathlib import Path

import h5py
import matplotlib.pyplot as plt
import numpy as np
from plots import BLUE, INK, LOOK
from scipy import ndimage

here = Path(__file__).parent if "__file__" in globals() else Path()
plt.style.use(LOOK)


def read(part):
    """Return the arrays of a file by name."""
    with h5py.File(here / f"{part}.h5") as file:
        return {name: values[...] for name, values in file.items()}


validation, test = read("validation"), read("test")

# %% [markdown]
# ## A first model
#
# Cubic splines through the pixels, which learn nothing. Pixels have a width: two new ones share the place of an old
# one, so both grids begin at the same edge.


# %%
def sharpened(images):
    """Return images of 128 x 128 pixels."""
    large = ndimage.zoom(images, (1, 2, 2), order=3, mode="nearest", grid_mode=True)
    return np.clip(large, 0, 1).astype(np.float32)


def psnr(images, truth):
    """Return the peak signal-to-noise ratio of each image, in decibels."""
    return -10 * np.log10(((images - truth) ** 2).mean(axis=(1, 2)))


answers = sharpened(validation["X"])
ratio = psnr(answers, validation["y"])
print(f"PSNR on {len(ratio):,} validation images: {ratio.mean():.2f} dB, +- {ratio.std() / len(ratio) ** 0.5:.2f}")

# %% [markdown]
# ## Look
#
# What is given, what is made of it, what is asked for, and by how much they differ. All the noise is still there, and
# the sky is too bright: an image is scaled by itself, so its darkest pixel is 0 and not its sky.

# %%
half = 32 * 0.1  # arcsec
figure, panels = plt.subplots(3, 4, figsize=(9, 7), sharex=True, sharey=True)
for row, given, answer, truth, decibels in zip(panels, validation["X"], answers, validation["y"], ratio, strict=False):
    style = {"origin": "lower", "extent": (-half, half, -half, half)}
    for axes, image in zip(row, (given, answer, truth), strict=False):
        axes.imshow(image, cmap="magma", vmin=0, vmax=1, **style)
    row[3].imshow(answer - truth, cmap="RdBu_r", vmin=-0.5, vmax=0.5, **style)
    row[1].text(-3, 2.6, f"{decibels:.1f} dB", color="white", fontsize=9)
for axes, title in zip(panels[0], ("given", "interpolated", "asked for", "difference"), strict=True):
    axes.set_title(title)
figure.colorbar(panels[0, 3].images[0], ax=panels[:, 3], shrink=0.6, label="answer minus truth")
figure.supxlabel("offset [arcsec]", fontsize=10)
figure.savefig(here / "look.png")

# %% [markdown]
# ## Validate
#
# Where is the error? On the left the PSNR of all validation images, on the right its two parts by brightness: how far
# off the answer is on average, and how much it scatters. What would lower either?

# %%
figure, (axes, by_light) = plt.subplots(1, 2, figsize=(9, 3.6))
axes.hist(ratio, bins=20, histtype="step", color=BLUE)
axes.set(xlabel="PSNR [dB]", ylabel="images", title=f"{len(ratio):,} validation images")
level = np.linspace(0, 1, 21)
place = np.digitize(validation["y"].ravel(), level[1:-1])
count = np.maximum(np.bincount(place, minlength=20), 1)
error = (answers - validation["y"]).ravel()
mean = np.bincount(place, error, 20) / count
spread = np.sqrt(np.maximum(np.bincount(place, error**2, 20) / count - mean**2, 0))
by_light.plot(level[:-1] + 0.025, mean, color=INK, label="mean difference")
by_light.fill_between(level[:-1] + 0.025, mean - spread, mean + spread, color=BLUE, alpha=0.2, label="its scatter")
by_light.set(xlabel="true brightness [its peak]", ylabel="answer minus truth", title="Errors by brightness")
by_light.legend()
figure.savefig(here / "validation.png")

# %% [markdown]
# ## Answer
#
# The training file is not even opened: what can be learned from its pairs?

# %%
submission = sharpened(test["X"])
np.save(here / "submission.npy", submission)
print(f"wrote submission.npy with {len(submission):,} images; in the kit's folder")
print("check it: python check.py super_resolution/submission.npy")
print("send it:  python submit.py submit super_resolution/submission.npy --track lensing.super_resolution")
