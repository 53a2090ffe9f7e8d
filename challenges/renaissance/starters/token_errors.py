"""A first answer to the wrong words: train, validate, predict, write submission.csv. Start from here."""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

here = Path(__file__).parent

train = pd.read_parquet(here / "train.parquet")
test = pd.read_parquet(here / "test.parquet")

letters = CountVectorizer(analyzer="char_wb", ngram_range=(1, 3), binary=True, min_df=2, lowercase=False)
letters.fit(train["token"])


def described(words):
    """Describe each word by its letters, one to three in a row, and by how sure the OCR was."""
    doubt = 1 - words["confidence"].to_numpy() / 100
    return hstack([letters.transform(words["token"]), csr_matrix(np.column_stack([doubt, np.log(doubt + 0.01)]))])


# Words of one page resemble each other, and the test's pages are others: validate with pages of their own.
pages = train["group"].unique()
unseen = train["group"].isin(pages[int(0.8 * len(pages)) :])
learn, check = train[~unseen], train[unseen]
model = LogisticRegression(max_iter=2000).fit(described(learn), learn["wrong"])  # 1 is wrong, 0 is right
score = roc_auc_score(check["wrong"], model.predict_proba(described(check))[:, 1])
print(f"ROC-AUC on {len(check):,} words of pages that the model has not seen: {score:.3f}")

model.fit(described(train), train["wrong"])
submission = pd.DataFrame({"id": test["id"], "score": model.predict_proba(described(test))[:, 1]})
submission.to_csv(here / "submission.csv", index=False)
print(f"wrote submission.csv with {len(submission):,} rows; now: python check.py token_errors/submission.csv")
