"""Runs every proof, or those named: ``python -m benchmarks [NAME ...]``."""

import sys
from importlib import import_module
from pathlib import Path

names = sys.argv[1:] or sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))
for name in names:
    print(f"== {name}", flush=True)
    import_module(f"benchmarks.{name}").main()
