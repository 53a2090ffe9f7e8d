"""The judge's own cluster: who has the vault's certificate is in, nobody else, and what it gives is the same."""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from functools import partial

import pytest
from typer.testing import CliRunner

from baselines.rungs import rungs
from challenges import mass
from challenges.mass import ClusterError
from leaderboard import cli, ghosts
from leaderboard.judge import cluster
from tests.challenges.deadly import squared
from tests.leaderboard.test_bench import TRACK, dry_run, essence, judged  # noqa: F401
from tests.support import ROOT, free_port, sent_away


@pytest.fixture
def in_process(judge):
    """Return the address of a scheduler with two workers in this very process, with the vault's certificate."""
    distributed = pytest.importorskip("distributed")
    made = distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        protocol="tls",
        security=cluster.security_of(cluster.certificate(judge.event, judge.vault)),
        dashboard_address=None,
    )
    with closing(made):
        yield made.scheduler_address


def test_the_judges_own_cluster_gives_the_same_and_lets_nobody_else_in(judged, in_process, make_judge, tmp_path):  # noqa: F811
    alone = dry_run(judged)
    with cluster.joined(judged.event, judged.vault, in_process):
        shared = dry_run(judged)
    assert essence(shared) == essence(alone)
    assert list((judged.vault.folder / "lent").iterdir()) == []
    other = make_judge(tmp_path / "other")
    with pytest.raises(ClusterError, match="lets this process in"):
        cluster.joined(other.event, other.vault, in_process).__enter__()
    with pytest.raises(ClusterError, match="names none"):
        mass.cluster(in_process).__enter__()


def test_what_sees_labels_takes_no_scheduler_without_the_vaults_certificate(judge):
    place = ["--event", str(judge.event.folder), "--engine", "dask"]
    for command in (["finalize", TRACK, "--early"], ["simulate", "higgs"]):
        found = CliRunner().invoke(cli.app, [*command, *place, "--scheduler", "tcp://127.0.0.1:1"])
        assert isinstance(found.exception, ClusterError)
        assert "expected the address of a scheduler as tls://HOST:PORT" in str(found.exception)
        assert "a scheduler runs whatever it is sent" in str(found.exception)


def test_the_certificate_is_one_however_many_ask_first(judge):
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: cluster.certificate(judge.event, judge.vault), range(8)))
    assert len({one.leaf for one in found}) == 1
    assert found[0].certificate == found[0].key == judge.vault.folder / "cluster" / "cluster.pem"
    assert found[0].key.stat().st_mode & 0o077 == 0
    assert [path.name for path in found[0].key.parent.iterdir()] == ["cluster.pem"]


def test_options_that_do_not_go_together_are_said(judge):
    place = ["finalize", TRACK, "--early", "--event", str(judge.event.folder)]
    for options, said in (
        (["--engine", "dask"], "--engine dask and --scheduler ADDRESS go together"),
        (["--scheduler", "tls://a:1"], "--engine dask and --scheduler ADDRESS go together"),
        (["--engine", "dask", "--scheduler", "tls://a:1", "--workers", "2"], "say one of the two"),
    ):
        found = CliRunner().invoke(cli.app, [*place, *options])
        assert said in str(found.exception)


@contextmanager
def started(folder, *arguments: str) -> Iterator[subprocess.Popen]:
    """Run a command of the cluster until the block ends."""
    command = [sys.executable, "-m", "leaderboard", "cluster", *arguments, "--event", str(folder)]
    with (folder / "log").open("a") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.proof
def test_by_a_real_cluster_of_which_a_worker_is_killed_everything_is_the_same(judged, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # workers import from the same place
    folder, address = judged.event.folder, f"tls://127.0.0.1:{(port := free_port())}"
    alone, before = dry_run(judged), len(list(tmp_path.iterdir()))
    with started(folder, "scheduler", "--port", str(port)), started(folder, "worker", address, "--workers", "2"):
        deadline = time.monotonic() + 300
        while True:
            with suppress(ClusterError), cluster.joined(judged.event, judged.vault, address):
                squares = [*mass.each(partial(squared, tmp_path), range(20))]
                shared = dry_run(judged)
                break
            assert time.monotonic() < deadline, (folder / "log").read_text()
    assert [square for square, _ in squares] == [number**2 for number in range(20)]
    assert len(list(tmp_path.iterdir())) == before + 1, "nobody was killed"
    assert essence(shared) == essence(alone)


def test_a_baseline_that_is_trained_elsewhere_sends_the_same_file(judge, monkeypatch):
    chosen = rungs("higgs", "signal", slow=False)[:1]
    monkeypatch.setattr(ghosts, "rungs", lambda *_, slow=True: chosen)
    here = ghosts.prediction_file(judge.event, TRACK, chosen[0], ghosts.training_data(judge.event, TRACK))
    with sent_away():
        assert ghosts.trained((judge.event.folder, TRACK, chosen[0].name)) == here
        found = [list(ghosts.enter_all(judge.event, judge.store, [TRACK], slow=False)) for _ in range(2)]
    assert found == [[(TRACK, chosen[0], True)], [(TRACK, chosen[0], False)]]
