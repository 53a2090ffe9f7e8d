"""Measurements and long evidence; `make proof` runs them all and writes docs/."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
REAL_DATA = Path(os.environ.get("PHYSATHON_REAL_DATA", ROOT.parent / "shared" / "data"))
"""Where the real data lie, a folder a challenge."""
