# %% [markdown]
# # Find the Higgs boson: a first answer
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
# Where a particle decays, the mass of what it decays to piles up. Signal events hold an h⁰ of 125 GeV, an H± of 325 GeV
# and an H⁰ of 425 GeV; jets lose energy, so the peaks lie a little lower. Top quarks, the background, make none of
# these.

# %%
signal = train["label"] == 1
bosons = {  # for each column its unit in GeV, what it is the mass of, and the boson's mass in GeV
    "m_bb": (126.54, "bb", "h^0", 125),
    "m_wbb": (336.1, "Wbb", r"H^\pm", 325),
    "m_wwbb": (511.3, "WWbb", "H^0", 425),
}
figure, panels = plt.subplots(1, 3, figsize=(11, 3.4))
for axes, (column, (unit, products, boson, mass)) in zip(panels, bosons.items(), strict=True):
    edges = np.linspace(0.2, 2.4, 45) * mass
    for kind, color, name in ((~signal, BLUE, "top quarks"), (signal, RED, "Higgs signal")):
        values = unit * train[column][kind]
        axes.hist(values, edges, density=True, histtype="stepfilled", color=color, alpha=0.2)
        axes.hist(values, edges, density=True, histtype="step", color=color, label=name)
    axes.axvline(mass, linewidth=1, linestyle="--", color=INK)
    axes.set(xlabel=f"$m_{{{products}}}$ [GeV]", title=f"${boson}$, {mass} GeV", xlim=edges[[0, -1]])
panels[0].set_ylabel("density [1/GeV]")
panels[0].legend()
figure.savefig(here / "look.png")

# %% [markdown]
# ## Train and validate
#
# A weighted sum of the 28 numbers, and what it makes of events that it has not seen.

# %%
model = make_pipeline(StandardScaler(), LogisticRegression())
model.fit(train[features], train["label"])
score = model.predict_proba(validation[features])[:, 1]

figure, (axes, curve) = plt.subplots(1, 2, figsize=(9, 4))
for label, color, name in ((0, BLUE, "top quarks"), (1, RED, "Higgs signal")):
    kind = validation["label"] == label
    axes.hist(score[kind], bins=40, range=(0, 1), density=True, histtype="step", color=color, label=name)
axes.set(xlabel="score", ylabel="density", title=f"{len(validation):,} validation events")
axes.legend()
area, low, high = roc_with_band(validation["label"], score, curve, groups=validation.get("group"))
figure.savefig(here / "validation.png")
print(f"ROC-AUC on {len(validation):,} validation events: {area:.3f} ({low:.3f} to {high:.3f})")

# %% [markdown]
# ## Answer
#
# The last model learns from all labelled events. It is linear and cannot see that the masses peak: what can?

# %%
labelled = pd.concat([train, validation])
model.fit(labelled[features], labelled["label"])
submission = pd.DataFrame({"id": test["id"], "score": model.predict_proba(test[features])[:, 1]})
submission.to_csv(here / "submission.csv", index=False)
print(f"wrote submission.csv with {len(submission):,} rows")
print("check it: python check.py submission.csv")
print("send it:  python submit.py submit submission.csv --track higgs.signal")
