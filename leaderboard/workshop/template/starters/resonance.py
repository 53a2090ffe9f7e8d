# %% [markdown]
# # A resonance in pairs of photons: a first answer
#
# Look at the data, train a simple model, validate it, write `submission.csv`. Change any cell and run it again.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from plots import BLUE, INK, LOOK, RED, roc_with_band
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

here = Path(__file__).parent if "__file__" in globals() else Path()
plt.style.use(LOOK)
train, validation, test = (pd.read_parquet(here / f"{part}.parquet") for part in ("train", "validation", "test"))
features = [column for column in test if column != "id"]

# %% [markdown]
# ## Look
#
# Two photons that one particle decayed to have its mass, 125 GeV.

# %%
mass = np.sqrt(2 * train["energy_1"] * train["energy_2"] * (1 - np.cos(train["angle"])))
figure, axes = plt.subplots(figsize=(6, 3.6))
for label, color, name in ((0, BLUE, "chance"), (1, RED, "decay")):
    axes.hist(mass[train["label"] == label], bins=50, range=(60, 260), histtype="step", color=color, label=name)
axes.axvline(125, linewidth=1, linestyle="--", color=INK)
axes.set(xlabel="invariant mass of the pair [GeV]", ylabel="pairs", title=f"{len(train):,} training pairs")
axes.legend()
figure.savefig(here / "look.png")

# %% [markdown]
# ## Train and validate

# %%
model = make_pipeline(StandardScaler(), LogisticRegression())
model.fit(train[features], train["label"])
score = model.predict_proba(validation[features])[:, 1]

figure, axes = plt.subplots(figsize=(4.5, 4.5))
area, low, high = roc_with_band(validation["label"], score, axes, groups=validation.get("group"))
figure.savefig(here / "validation.png")
print(f"ROC-AUC on {len(score):,} validation pairs: {area:.3f} ({low:.3f} to {high:.3f})")

# %% [markdown]
# ## Answer
#
# The last model learns from all labelled pairs. It does not know what a mass is: what would tell it?

# %%
labelled = pd.concat([train, validation])
model.fit(labelled[features], labelled["label"])
submission = pd.DataFrame({"id": test["id"], "score": model.predict_proba(test[features])[:, 1]})
submission.to_csv(here / "submission.csv", index=False)
print(f"wrote submission.csv with {len(submission):,} rows")
print("check it: python check.py submission.csv")
print("send it:  python submit.py submit submission.csv --track new_challenge.resonance")
