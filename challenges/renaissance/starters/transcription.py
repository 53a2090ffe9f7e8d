# %% [markdown]
# # What does the print say: a first answer
#
# Look at the lines, measure what the OCR makes of each letter, answer with its text as it is, write `submission.csv`.
# Change any cell and run it again.

# %%
import io
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path
from unicodedata import normalize

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm
from plots import BLUE, INK, LOOK, RED

here = Path(__file__).parent if "__file__" in globals() else Path()
plt.style.use(LOOK)
train, validation, test = (pd.read_parquet(here / f"{part}.parquet") for part in ("train", "validation", "test"))

# %% [markdown]
# ## Look
#
# Lines as they were printed; below each what the OCR read, and what they say.

# %%
figure, panels = plt.subplots(6, 1, figsize=(7, 8))
for axes, (_, line) in zip(panels, train.iloc[:6].iterrows(), strict=True):
    picture = plt.imread(io.BytesIO(line["image"]), format="png")
    axes.imshow(picture, cmap="gray", vmin=0, vmax=1)
    axes.text(0, 46, line["ocr"], family="monospace", fontsize=12, color=RED, va="top")
    axes.text(0, 64, line["text"], family="monospace", fontsize=12, color=INK, va="top")
    axes.set_axis_off()
figure.savefig(here / "look.png")

# %% [markdown]
# ## Measure the channel
#
# What does the OCR make of each letter? Readings are laid beside the truth, letter by letter, and counted. Capitals,
# accents, punctuation and the shapes of letters do not count here, as they do not in the score.


# %%
def folded(text):
    """Return a text without what does not count: as one of today would type it in lower case."""
    letters = normalize("NFKD", text).casefold().replace("c\N{COMBINING CEDILLA}", "z")
    kept = "".join(one for one in letters if one.isalnum() or one.isspace()).translate(str.maketrans("vj", "ui"))
    return " ".join(kept.split())


became = Counter()
for text, reading in zip(map(folded, train["text"]), map(folded, train["ocr"]), strict=True):
    for _, i, j, k, m in SequenceMatcher(None, text, reading, autojunk=False).get_opcodes():
        if j - i == m - k:
            became.update(zip(text[i:j], reading[k:m], strict=True))
alphabet = sorted({one for pair in became for one in pair if one.isalpha()})
share = np.array([[became[true, read] for read in alphabet] for true in alphabet], float)
share /= share.sum(axis=1, keepdims=True).clip(1)

figure, axes = plt.subplots(figsize=(7, 6))
drawn = axes.imshow(np.ma.masked_equal(share, 0), norm=LogNorm(1e-3, 1), cmap="viridis_r")
axes.set_xticks(range(len(alphabet)), alphabet)
axes.set_yticks(range(len(alphabet)), alphabet)
axes.set(xlabel="what the OCR read", ylabel="what is printed", title=f"{became.total():,} letters of the training file")
figure.colorbar(drawn, label="share of the printed letter")
figure.savefig(here / "channel.png")

# %% [markdown]
# ## Validate
#
# The score is the character error rate: the fewest insertions, deletions and substitutions that turn the answers into
# the truth, over the truth's letters.


# %%
def edits(text, other):
    """Return how many letters must be put in, left out or changed."""
    row = list(range(len(other) + 1))
    for i, one in enumerate(text, 1):
        before, row[0] = row[0], i
        for j, two in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (one != two))
    return row[-1]


def answers(lines):
    """Return what is written in each line: what the OCR read."""
    return lines["ocr"]


truth = validation["text"].map(folded)
wrong = np.array([edits(*pair) for pair in zip(answers(validation).map(folded), truth, strict=True)])
pages = pd.DataFrame({"wrong": wrong, "letters": truth.str.len()}).groupby(validation["group"].to_numpy()).sum()
draws = np.random.default_rng(1).integers(len(pages), size=(1000, len(pages)))
rates = pages["wrong"].to_numpy()[draws].sum(axis=1) / pages["letters"].to_numpy()[draws].sum(axis=1)
low, high = np.quantile(rates, (0.025, 0.975))
rate = wrong.sum() / truth.str.len().sum()

figure, axes = plt.subplots(figsize=(6, 3.4))
axes.hist(100 * wrong / truth.str.len(), bins=20, range=(0, 40), histtype="step", color=BLUE)
axes.axvline(100 * rate, color=RED, linewidth=1)
axes.axvspan(100 * low, 100 * high, color=RED, alpha=0.2, linewidth=0, label="mean, and its 95% interval by pages")
axes.set(xlabel="character error rate [%]", ylabel="lines", title=f"{len(wrong):,} validation lines")
axes.legend()
figure.savefig(here / "validation.png")
print(f"character error rate on {len(wrong):,} validation lines: {rate:.4f} ({low:.4f} to {high:.4f})")

# %% [markdown]
# ## Answer
#
# The OCR's text as it is. The picture says what a letter may have been, and the training file which letters follow each
# other: who puts both together?

# %%
submission = pd.DataFrame({"id": test["id"], "text": answers(test)})
submission.to_csv(here / "submission.csv", index=False)
print(f"wrote submission.csv with {len(submission):,} rows; in the kit's folder")
print("check it: python check.py transcription/submission.csv")
print("send it:  python submit.py submit transcription/submission.csv --track renaissance.transcription")
