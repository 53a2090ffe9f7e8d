"""Runs every proof, or those named, each in a process of its own: ``python -m benchmarks [NAME ...]``."""

import signal
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).parent


def run(name: str) -> tuple[float, int]:
    """Run one proof to its end; return the seconds it took and its exit status."""
    start = time.perf_counter()
    status = subprocess.run([sys.executable, "-m", f"{FOLDER.name}.{name}"], cwd=FOLDER.parent).returncode
    return time.perf_counter() - start, status


def outcome(status: int) -> str:
    """Say in words how a process ended."""
    if status < 0:
        return f"FAILED: killed by {signal.Signals(-status).name}"
    return f"FAILED: exit status {status}" if status else "ok"


def main() -> int:
    """Run the proofs one after the other, sum up, and return 1 if any failed."""
    there = sorted(path.stem for path in FOLDER.glob("[!_]*.py"))
    chosen = sys.argv[1:] or there
    if unknown := [name for name in chosen if name not in there]:
        sys.exit(f"expected names of proofs ({', '.join(there)}), got {', '.join(unknown)}")
    lines, failed = [], 0
    for number, name in enumerate(chosen, 1):
        print(f"== {name} ({number} of {len(chosen)})", flush=True)
        seconds, status = run(name)
        failed += status != 0
        lines.append(f"{name:{max(map(len, chosen))}}  {seconds:7.1f} s  {outcome(status)}")
        print(lines[-1], flush=True)
    print(f"== {len(chosen) - failed} of {len(chosen)} proofs hold", *lines, sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
