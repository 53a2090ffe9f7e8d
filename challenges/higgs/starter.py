"""A first answer to the Higgs challenge: train, validate, predict, write submission.csv. Start from here."""

from pathlib import Path

import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

here = Path(__file__).parent
train = pd.read_parquet(here / "train.parquet")
test = pd.read_parquet(here / "test.parquet")
features = [column for column in train if column != "label"]

fit_part, validation = train_test_split(train, test_size=0.25, random_state=1, stratify=train["label"])
model = HistGradientBoostingClassifier(max_iter=150, learning_rate=0.08, random_state=1)
model.fit(fit_part[features], fit_part["label"])
score = roc_auc_score(validation["label"], model.predict_proba(validation[features])[:, 1])
print(f"ROC-AUC on {len(validation):,} events kept aside: {score:.3f}")

model.fit(train[features], train["label"])
submission = pd.DataFrame({"id": test["id"], "score": model.predict_proba(test[features])[:, 1]})
submission.to_csv(here / "submission.csv", index=False)
print(f"wrote submission.csv with {len(submission):,} rows; now: python check.py submission.csv")
