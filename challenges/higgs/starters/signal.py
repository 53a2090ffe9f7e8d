"""A first answer to the Higgs challenge: train, validate, predict, write submission.csv. Start from here."""

from pathlib import Path

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

here = Path(__file__).parent
train = pd.read_parquet(here / "train.parquet")
test = pd.read_parquet(here / "test.parquet")
features = [column for column in train if column != "label"]

# A weighted sum of the 28 numbers. It cannot see that the masses peak: what can?
model = make_pipeline(StandardScaler(), LogisticRegression())
held_out = cross_val_predict(model, train[features], train["label"], cv=5, method="predict_proba")[:, 1]
score = roc_auc_score(train["label"], held_out)
print(f"ROC-AUC on the {len(train):,} training events, each judged by a model that never saw it: {score:.3f}")

model.fit(train[features], train["label"])
submission = pd.DataFrame({"id": test["id"], "score": model.predict_proba(test[features])[:, 1]})
submission.to_csv(here / "submission.csv", index=False)
print(f"wrote submission.csv with {len(submission):,} rows; now: python check.py submission.csv")
