"""What one could answer: a ladder of models for each challenge."""

import os

# Threads of OpenMP spin while they wait for each other; beside other work that makes XGBoost ten times slower.
# The variable counts only if it is set before XGBoost or scikit-learn is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
