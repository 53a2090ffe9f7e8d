"""A first answer: train, validate, predict, write submission.csv. Start from here."""

from pathlib import Path

import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

here = Path(__file__).parent
train = pd.read_parquet(here / "train.parquet")
test = pd.read_parquet(here / "test.parquet")
features = [column for column in train if column != "label"]

model = RandomForestClassifier(100, min_samples_leaf=10, oob_score=True, n_jobs=-1, random_state=1)
model.fit(train[features], train["label"])
score = roc_auc_score(train["label"], model.oob_decision_function_[:, 1])
print(f"ROC-AUC on {len(train):,} training rows, each judged by trees that never saw it: {score:.3f}")

submission = pd.DataFrame({"id": test["id"], "score": model.predict_proba(test[features])[:, 1]})
submission.to_csv(here / "submission.csv", index=False)
print(f"wrote submission.csv with {len(submission):,} rows; now: python check.py submission.csv")
