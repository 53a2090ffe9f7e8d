"""Each kit as a team gets it: in an environment of its requirements alone its starters and notebooks run to the end."""

import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from benchmarks import ROOT
from challenges import spec
from challenges.spec import Challenge, Track
from leaderboard.event import Event
from leaderboard.intake import receipts
from leaderboard.judge import prepare
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.kit.build import build_kit
from leaderboard.kit.layout import folder_of, submission_name

PAGE = ROOT / "docs/evidence/kits.md"
MB = 1e6
LARGEST = 100 * MB
UV = Path(sys.executable).with_name("uv")
NEWEST = ["-c", str(ROOT / "constraints.txt")]
OLDEST, LOWEST = "3.10", ["--resolution", "lowest-direct"]
ALONE = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PHYSATHON", "VIRTUAL"))}
"""What a kit's programs find in their environment: nothing that leads to this project."""


def environment(folder: Path, python: str, requirements: Path, *options: str, more: Sequence[str] = ()) -> Path:
    """Make an environment of a kit's requirements; return its Python."""
    subprocess.run([UV, "venv", "--quiet", "--python", python, folder], check=True)
    install = [UV, "pip", "install", "--quiet", "--python", folder, *options, "-r", requirements, *more]
    subprocess.run(install, check=True)
    return folder / "bin" / "python"


def run(kit: Path, *command: str | Path) -> tuple[str, float]:
    """Run a command in a kit's folder; return what it says and the seconds that it takes."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=kit, env=ALONE, capture_output=True, text=True)
    assert done.returncode == 0, f"{command} in {kit.name}: {done.stderr[-2000:]}"
    return done.stdout, time.perf_counter() - start


def play(python: Path, kit: Path, challenge: Challenge, track: Track) -> tuple[str, float, float | None]:
    """Run starter and notebook of a track, check the file of each; return its own score and how long both took."""
    place = folder_of(challenge, track)
    file, notebook = f"{place}{submission_name(track)}", kit / place / "starter.ipynb"

    def must_be_good() -> None:
        assert run(kit, python, "check.py", file)[0].startswith("OK")
        (kit / file).unlink()

    said, seconds = run(kit, python, f"{place}starter.py")
    must_be_good()
    score = next((line for line in said.splitlines() if "validation" in line), said.splitlines()[0])
    if not notebook.exists():
        return score, seconds, None
    _, of_notebook = run(kit, python.with_name("jupyter-execute"), "--inplace", notebook)
    must_be_good()
    return score, seconds, of_notebook


def unpacked(judge: Judge, challenge: Challenge, folder: Path) -> tuple[Path, int]:
    """Make a challenge's data and its kit, which another build gives byte by byte; return its folder and its size."""
    prepare.simulate(judge, challenge.id)
    path = build_kit(judge.event, challenge.id)
    content = path.read_bytes()
    assert build_kit(judge.event, challenge.id).read_bytes() == content, "another build gives other bytes"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder / challenge.id, len(content)


def has_oldest() -> bool:
    """Return whether the oldest Python that kits are for is on this machine."""
    found = subprocess.run([UV, "python", "find", "--no-python-downloads", OLDEST], capture_output=True)
    return found.returncode == 0


def main(size: str = "default") -> None:
    """Make, unpack and play the kits of all challenges, and write the page."""
    kits, starters, old = [], [], has_oldest()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        event = Event.create(folder / "event", name="kits", size=size)
        receipts.make_key(event)
        with closing(Judge(event, Vault(event, create=True))) as judge:
            for challenge in map(spec.load, event.config.challenges):
                kit, bytes_ = unpacked(judge, challenge, folder / "kits")
                assert bytes_ < LARGEST, f"the kit of {challenge.id} has {bytes_ / MB:.1f} MB"
                needs = kit / "requirements.txt"
                new = environment(
                    folder / "new" / challenge.id, sys.executable, needs, *NEWEST, more=("nbclient", "ipykernel")
                )
                run(kit, new, "submit.py", "--help")
                aged = environment(folder / "old" / challenge.id, OLDEST, needs, *LOWEST) if old else None
                kits.append(f"| {challenge.id} | {bytes_ / MB:.1f} |")
                for track in challenge.tracks:
                    if not challenge.starter(track).exists():
                        continue
                    score, seconds, of_notebook = play(new, kit, challenge, track)
                    in_old = run(kit, aged, f"{folder_of(challenge, track)}starter.py")[1] if aged else None
                    shown = [f"{one:.1f}" if one is not None else "" for one in (seconds, of_notebook, in_old)]
                    cells = [challenge.full_name(track), *shown, score]
                    starters.append(f"| {' | '.join(cells)} |")
                    print(starters[-1], flush=True)
    PAGE.write_text(page(size, kits, starters, os.getloadavg()[2]), "utf-8")


def page(size: str, kits: Sequence[str], starters: Sequence[str], load: float) -> str:
    """Return the page."""
    return f"""# Kits as teams get them

Each kit of an event of {size} size, unpacked where nothing of this project can be seen, in an environment of its own
`requirements.txt`: built twice, byte by byte the same; below {LARGEST / MB:.0f} MB; `check.py` takes what starters and
notebooks write.

| kit | MB |
|---|---|
{chr(10).join(kits)}

Seconds of each starter from start to file, as a script and as a notebook, with the versions of `constraints.txt`; and
as a script with the oldest versions that `requirements.txt` allows on Python {OLDEST}, where that is on the machine.
What it says of itself is its score on rows that it did not learn from. Meanwhile the machine's
{os.cpu_count()} cores had a load of {load:.1f}.

| track | script, s | notebook, s | oldest, s | it says |
|---|---|---|---|---|
{chr(10).join(starters)}

Made by `python -m benchmarks.kits`, or quickly by `python -m benchmarks.kits small`.
"""


if __name__ == "__main__":
    main(*sys.argv[1:])
