# %% [markdown]
# # Which words are wrong: a first answer
#
# Look at a page, train a linear model on letters and doubt, validate it, write `submission.csv`. Change any cell and
# run it again.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from plots import BLUE, GREY, INK, LOOK, RED, roc_with_band
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

here = Path(__file__).parent if "__file__" in globals() else Path()
plt.style.use(LOOK)
train, validation, test = (pd.read_parquet(here / f"{part}.parquet") for part in ("train", "validation", "test"))

# %% [markdown]
# ## Look
#
# The first page of the training file as the OCR read it, wrong words in red. On the right, how sure the OCR was of all
# words, and how often it was wrong: it knows when a stroke was doubtful, and it is sure and wrong, too.

# %%
page = train[train["group"] == train["group"].iloc[0]]
figure, (paper, axes) = plt.subplots(1, 2, figsize=(9.5, 5))
for number, line in page.groupby("line_number"):
    column = 0
    for token, wrong in zip(line["token"], line["wrong"], strict=True):
        color = RED if wrong else INK
        paper.text(column, -number, token, color=color, family="monospace", fontsize=9, va="center")
        column += len(token) + 1
paper.set(xlim=(0, 56), ylim=(-25, 0), xticks=(), yticks=(), title="A page as it was read")
paper.spines[:].set_visible(False)
tenth = (train["confidence"] // 10).clip(upper=9)
share = train.groupby(tenth)["wrong"].agg(["mean", "size"])
error = np.sqrt(share["mean"] * (1 - share["mean"]) / share["size"])
axes.errorbar(10 * share.index + 5, share["mean"], error, xerr=5, fmt="o", color=BLUE, markersize=4)
axes.plot((0, 100), (1, 0), color=GREY, linewidth=0.8, linestyle=":", label="as often as it doubts")
axes.set(xlabel="confidence of the OCR [%]", ylabel="share of wrong words", ylim=(0, 1))
axes.set_title(f"{len(train):,} training words")
axes.legend()
figure.savefig(here / "look.png")

# %% [markdown]
# ## Train and validate
#
# Logistic regression on which letters stand in a row, one to three, and on the OCR's doubt. Words of one page resemble
# each other, so validation has pages of its own, and the band is drawn by pages.

# %%
letters = CountVectorizer(analyzer="char_wb", ngram_range=(1, 3), binary=True, min_df=2, lowercase=False)


def described(words):
    """Describe each word by its letters and by how sure the OCR was."""
    doubt = 1 - words["confidence"].to_numpy() / 100
    return hstack([letters.transform(words["token"]), csr_matrix(np.column_stack([doubt, np.log(doubt + 0.01)]))])


def fit(words):
    """Learn which letters there are, and what they tell."""
    letters.fit(words["token"])
    return LogisticRegression(max_iter=2000).fit(described(words), words["wrong"])  # 1 is wrong, 0 is right


score = fit(train).predict_proba(described(validation))[:, 1]

figure, (axes, curve) = plt.subplots(1, 2, figsize=(9, 4))
for wrong, color, name in ((0, BLUE, "right"), (1, RED, "wrong")):
    axes.hist(score[validation["wrong"] == wrong], bins=40, range=(0, 1), histtype="step", color=color, label=name)
axes.set(xlabel="score", ylabel="words", yscale="log", title=f"{len(score):,} validation words")
axes.legend()
area, low, high = roc_with_band(validation["wrong"], score, curve, groups=validation["group"])
figure.savefig(here / "validation.png")
print(f"ROC-AUC on {len(score):,} words of unseen pages: {area:.3f} ({low:.3f} to {high:.3f})")

# %% [markdown]
# ## Answer
#
# The last model learns from all labelled pages. It reads each word alone: what would its neighbours tell?

# %%
model = fit(pd.concat([train, validation]))
submission = pd.DataFrame({"id": test["id"], "score": model.predict_proba(described(test))[:, 1]})
submission.to_csv(here / "submission.csv", index=False)
print(f"wrote submission.csv with {len(submission):,} rows; in the kit's folder")
print("check it: python check.py token_errors/submission.csv")
print("send it:  python submit.py submit token_errors/submission.csv --track renaissance.token_errors")
