"""Small events for the tests: the whole road with a simulator that takes milliseconds."""

import os
import pickle
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from typer.testing import CliRunner

import baselines  # noqa: F401 - first, for what it sets before XGBoost is loaded
from challenges import mass
from challenges.dataset import Dataset
from challenges.higgs.layout import FEATURES
from challenges.particle_images.layout import CENTRE, IMAGE
from challenges.renaissance.layout import TRANSCRIPTION
from challenges.renaissance.tables import line_table, png
from leaderboard.event import Event
from leaderboard.intake import receipts
from leaderboard.judge import prepare, rescoring
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.people import teams
from leaderboard.store.bucket import bucket_of
from leaderboard.store.tables import Team
from scoring.sealed.holdout import Holdout
from tests.s3 import Object

ROOT = Path(__file__).parent.parent

FILES = os.environ.get("PHYSATHON_TEST_FILES", "folder")
"""Where the tests keep their events' files: in a ``folder``, or in a bucket, ``s3``."""

DATABASE = os.environ.get("PHYSATHON_TEST_DATABASE", "sqlite")
"""In which kind of database the tests keep their events: ``sqlite`` or ``postgresql``."""

about_sqlite = pytest.mark.skipif(DATABASE != "sqlite", reason="it is about the file of an SQLite database")
about_the_folder = pytest.mark.skipif(FILES != "folder", reason="it is about files in a folder")


def toy_simulate(n_events: int, seed: int, *, signal: bool = True, workers=None, progress=None) -> Dataset:
    """Draw Gaussian features, of which the first knows something of the label."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, n_events).astype(np.int8)
    values = rng.normal(size=(n_events, len(FEATURES))).astype(np.float32)
    values[:, 0] += label * signal
    return Dataset(pd.DataFrame(values, columns=FEATURES), pd.DataFrame({"label": label}), np.arange(n_events))


def toy_images(n_images: int, seed: int, *, signal: bool = True, progress=None) -> Dataset:
    """Draw showers of one crystal, beside which electrons leave more than photons."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, n_images).astype(np.float32)
    images = np.zeros((n_images, *IMAGE), np.float32)
    images[:, CENTRE, CENTRE, 0] = rng.normal(1, 0.05, n_images)
    images[:, CENTRE, CENTRE + 1, 0] = 0.1 * np.exp(rng.normal(size=n_images) + label * signal)
    return Dataset(images, pd.DataFrame({"y": label}), np.arange(n_images))


def toy_jets(n_jets: int, seed: int, *, signal: bool = True, workers=None, progress=None) -> Dataset:
    """Draw jets of ten particles, two a collision; gluons spread them wider than quarks."""
    rng = np.random.default_rng(seed)
    gluon = rng.integers(0, 2, n_jets).astype(np.int8)
    width = 2.0 + 3.0 * gluon * signal
    places = np.clip(rng.normal(14.5, width[:, None, None], (n_jets, 10, 2)).round().astype(int), 0, 29)
    images = np.zeros((n_jets, 30, 30), np.float32)
    np.add.at(images, (np.arange(n_jets)[:, None], places[..., 0], places[..., 1]), rng.exponential(1, (n_jets, 10)))
    return Dataset(images, pd.DataFrame({"gluon": gluon}), np.arange(n_jets, dtype=np.int64) // 2)


def toy_disks(n_images: int, seed: int, *, signal: bool = True, workers=None, progress=None) -> Dataset:
    """Draw a quarter as many disks as asked for, under noise; those with planets are wider."""
    rng = np.random.default_rng(seed)
    n = n_images // 4
    label = rng.integers(0, 2, n).astype(np.int8)
    width = rng.normal(10, 1, n) + 12 * label * signal
    place = np.indices((128, 128)) - 63.5
    images = np.exp(-0.5 * (place**2).sum(axis=0) / width[:, None, None] ** 2) + rng.normal(0, 0.01, (n, 128, 128))
    return Dataset(images.astype(np.float32), pd.DataFrame({"planets": label}), np.arange(n, dtype=np.int64))


def toy_lines(n_lines: int, seed: int, *, track: str, signal: bool = True, progress=None) -> Dataset:
    """Draw lines of a book, or single words of it, eight a page, no text of which another seed knows."""
    rng = np.random.default_rng(seed)
    texts = [f"line {one:015.0f}" for one in 1e15 * rng.random(n_lines)]
    pages = np.arange(n_lines) // 8
    if track == TRANSCRIPTION:
        image = png(np.zeros((8, 8), np.uint8))
        return line_table(texts, [f"1ine{text[4:]}" for text in texts], [image] * n_lines, pages.tolist())
    features = pd.DataFrame({"token": texts, "confidence": rng.random(n_lines).astype(np.float32)})
    return Dataset(features, pd.DataFrame({"wrong": rng.integers(0, 2, n_lines).astype(np.int8)}), pages)


def toy_echoes(n_echoes: int, seed: int, *, track: str, signal: bool = True, workers=None, progress=None) -> Dataset:
    """Draw echoes that tell little, and couplings."""
    rng = np.random.default_rng(seed)
    features, couplings = rng.normal(size=(n_echoes, 2, 16)).astype(np.float32), rng.uniform(0.5, 2, (n_echoes, 3))
    if track == "interaction":
        targets = pd.DataFrame({"rkky": rng.integers(0, 2, n_echoes).astype(np.int8)})
    else:
        targets = pd.DataFrame(couplings, columns=["alpha", "xi", "d"])
    return Dataset(features, targets, np.arange(n_echoes))


TOYS = {"higgs": toy_simulate, "particle_images": toy_images, "quantum": toy_jets, "exoplanet": toy_disks}
"""What stands in for each challenge's simulator."""


def toy_judge(folder: Path, **settings) -> Judge:
    """Return the judge of a new event, for which somebody has put `toy_simulate` in the simulator's place."""
    event = Event.create(folder, **{"name": "toy", "size": "small", "challenges": ["higgs"]} | settings)
    receipts.make_key(event)
    judge = Judge(event, Vault(event, create=True))
    prepare.simulate(judge, "higgs")
    return judge


@contextmanager
def toy_event(folder: Path, **settings) -> Iterator[Judge]:
    """Yield the judge of a toy event that the tests of a module share; what is written is shown at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("challenges.higgs.simulate.simulate", toy_simulate)
        patch.setattr("leaderboard.site.live.SECONDS", 0)
        with closing(toy_judge(folder, **settings)) as judge:
            yield judge


def add_team(judge: Judge, name: str = "Muon Collective") -> Team:
    """Register a team."""
    with judge.store.write() as session:
        return teams.add_team(session, name)


def prediction_file(judge: Judge, values: np.ndarray) -> bytes:
    """Return a CSV for higgs.signal: one value for each id, ascending."""
    ids = judge.holdout("higgs.signal").ids
    rows = "".join(f"{row:016x},{value!r}\n" for row, value in zip(ids.tolist(), values.tolist(), strict=True))
    return ("id,score\n" + rows).encode()


def answers(judge: Judge) -> np.ndarray:
    """Return the labels of higgs.signal, by ascending id."""
    return judge.holdout("higgs.signal").targets["label"].to_numpy(np.float64)


def noisy_answers(judge: Judge, noise: float, seed: int = 0) -> np.ndarray:
    """Return predictions that are the better the smaller the noise.

    In each slice, each label's noise is the normal distribution's own quantiles in random order: so the scores of
    these files hang on their noise, and hardly on the holdout that was drawn.
    """
    holdout, labels, rng = judge.holdout("higgs.signal"), answers(judge), np.random.default_rng(seed)
    values = labels.copy()
    for name in holdout.salts:
        for label in (0, 1):
            rows = np.flatnonzero((holdout.slices == name) & (labels == label))
            values[rows] += noise * norm.ppf((rng.permutation(len(rows)) + 0.5) / len(rows))
    return values


def corrections(judge: Judge, rows: np.ndarray | list[int]) -> pd.DataFrame:
    """Return corrections of higgs.signal that turn the labels of some rows round."""
    holdout = judge.holdout("higgs.signal")
    ids = [f"{value:016x}" for value in holdout.ids[rows]]
    return pd.DataFrame({"id": ids, "label": 1 - holdout.targets["label"].to_numpy()[rows]})


def kept_file(event: Event, sha256: str) -> Path | Object:
    """Return the prediction file of that name, to look at, to lose and to damage."""
    name = f"submissions/{sha256[:2]}/{sha256}.npy"
    return Object(event.first.files_url, name) if event.first.files_url else event.folder / name


def kept_files(event: Event) -> list[Path | Object]:
    """Return all prediction files that an event keeps."""
    names = [path.stem for path in event.submissions.rglob("*.npy")]
    if bucket := bucket_of(event):
        names = [Path(name).stem for name in bucket.names("submissions")]
    return [kept_file(event, name) for name in names]


def publish_rescored(judge: Judge, holdout: Holdout) -> None:
    """Make a holdout the one that its track's board is read from."""
    rescoring.switch(judge, rescoring.rescore(judge, holdout.track, holdout))


def sent_away() -> AbstractContextManager[None]:
    """Let mass work be done by what of it would reach another process, in this one."""
    return mass.spreading(lambda work, items: map(pickle.loads(pickle.dumps(work)), items))


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def real_data(*parts: str) -> Path:
    """Return the path of a file or folder of the real data; where it is not there, skip."""
    path = Path(os.environ.get("PHYSATHON_REAL_DATA", ROOT.parent / "shared" / "data")).joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{path} is not there; PHYSATHON_REAL_DATA names the folder of the real data")
    return path


def python_of(version: str, *packages: str) -> Path | None:
    """Return a Python of a version, as 3.10, that has some packages, where this machine has one."""
    homes = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [shutil.which(f"python{version}"), *sorted(homes.glob(f"{version}.*/bin/python"))]
    imports = f"import {', '.join(('sys', *packages))}"
    for one in filter(None, found):
        if subprocess.run([one, "-I", "-c", imports], capture_output=True).returncode == 0:
            return Path(one)
    return None


def missing_tool(reason: str) -> None:
    """Skip for want of a tool; where all tools were promised, fail."""
    if os.environ.get("PHYSATHON_REQUIRE_TOOLS") == "1":
        pytest.fail(f"a tool is missing that this machine must have: {reason}")
    pytest.skip(reason)


def run_notebook(path: Path, python: str | Path = sys.executable) -> None:
    """Run a notebook from top to bottom in its own folder; what its cells gave stands in it then.

    The Python needs nbclient and ipykernel.
    """
    run = [Path(python).with_name("jupyter-execute"), "--inplace", path]
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}  # Streamlit sets it
    found = subprocess.run(run, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr


def physathon(*arguments: object) -> str:
    """Run a command that ends well; return what it said."""
    from leaderboard import cli  # its console keeps the width that it finds: tests/conftest.py comes first

    found = CliRunner().invoke(cli.app, list(map(str, arguments)), catch_exceptions=False, env={"COLUMNS": "200"})
    assert found.exit_code == 0, found.output
    return found.output
