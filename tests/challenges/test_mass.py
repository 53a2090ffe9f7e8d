"""Mass work comes back in order and the same, whoever does it and whoever dies of it."""

import os
from functools import partial

import numpy as np
import pytest

from challenges import mass
from challenges.streams import run_streams
from tests.challenges.deadly import deadly, squared
from tests.support import sent_away


def walk(stream: int, n_rows: int, *, report) -> np.ndarray:
    report(n_rows)
    return np.random.default_rng(stream).normal(size=n_rows).cumsum()


def test_what_a_killed_process_had_is_done_again(tmp_path):
    with mass.processes(2):
        squares, processes = zip(*mass.each(partial(squared, tmp_path), range(20)), strict=True)
    assert squares == tuple(number**2 for number in range(20))
    assert (tmp_path / "killed").exists()
    assert os.getpid() not in processes


def test_shared_streams_are_the_same_bit_by_bit():
    told, sizes = [], (3, 500, 0)
    alone = run_streams(walk, sizes, workers=1)
    with sent_away():
        shared = run_streams(walk, sizes, progress=lambda *done: told.append(done))
    assert [rows.tobytes() for rows in shared] == [rows.tobytes() for rows in alone]
    assert told == [(3, 503), (503, 503), (503, 503)]


def test_one_process_is_this_one():
    with mass.processes(1):
        assert not mass.is_shared()
        assert list(mass.each(lambda number: (number, os.getpid()), [1])) == [(1, os.getpid())]


@pytest.mark.proof
def test_work_that_kills_whoever_does_it_is_given_up():
    got = []
    with mass.processes(2), pytest.raises(mass.WorkersDied, match=r"3 times processes ended at the same work, \d"):
        got.extend(mass.each(deadly, range(4)))
    assert got in ([], [0])
    assert not mass.is_shared()


def test_a_cluster_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(mass, "PATIENCE", 0.2)
    with pytest.raises(mass.ClusterError, match=r"no scheduler at tcp://127\.0\.0\.1:9 lets this process in"):
        mass.cluster("tcp://127.0.0.1:9").__enter__()
    with pytest.raises(mass.ClusterError, match="asks for a certificate, and Dask's configuration names none"):
        mass.cluster("tls://127.0.0.1:9").__enter__()


def test_workers_that_would_give_other_digits_are_named():
    own = {"host": {"python": "3.11.7.final.0"}, "packages": {"numpy": "2.4.0"}}
    other = {"host": {"python": "3.11.7.final.0"}, "packages": {"numpy": "2.3.0"}}
    mass.must_be_alike({"client": own, "workers": {"tls://a": own}})
    with pytest.raises(mass.ClusterError, match=r"tls://b would .* digits: it has numpy 2\.3\.0, here 2"):
        mass.must_be_alike({"client": own, "workers": {"tls://a": own, "tls://b": other}})
