"""Judging by several processes: the same bit by bit, with no answer on its way, and nothing left behind."""

import os
import pickle
import signal

import pytest

from challenges import mass
from leaderboard.intake.receive import receive
from leaderboard.judge import finals, rescoring, worker
from leaderboard.judge.bench import Bench, bench_of
from scoring.sealed.holdout import HoldoutError
from tests.support import add_team, corrections, noisy_answers, prediction_file, sent_away

TRACK = "higgs.signal"


@pytest.fixture
def judged(judge):
    """Return the judge of an event of three teams with four files each."""
    for seed in range(3):
        team = add_team(judge, f"Team {seed}")
        for better in range(4):
            values = noisy_answers(judge, 0.9 - 0.15 * better, seed)
            receive(judge.event, judge.store, team, TRACK, prediction_file(judge, values), "a.csv")
    worker.work(judge, once=True)
    return judge


def dry_run(judge, progress=lambda what, done, total: None):
    judge._difference_errors.clear()
    fixed = rescoring.corrected_holdout(judge, TRACK, corrections(judge, list(range(9))))
    return rescoring.rescore(judge, TRACK, fixed, progress=progress)


def essence(run):
    shown = {team: [(one.submission, one.best) for one in ladder] for team, ladder in run.results.shown.items()}
    return run.name, run.moves, run.results.raw, shown, run.results.exact


def test_what_is_worked_out_elsewhere_is_the_same_bit_by_bit_and_so_are_finals(judged):
    alone, errors = dry_run(judged), dict(judged._difference_errors)
    assert errors, "no Ladder asked for an error"
    with sent_away():
        shared = dry_run(judged)
        chosen = finals.finalize(judged, TRACK, early=True)
    assert essence(shared) == essence(alone)
    assert judged._difference_errors == errors
    assert list((judged.vault.folder / "lent").iterdir()) == []
    again = Bench(judged.event, judged.vault, judged.holdout(TRACK), judged.vault.folder)
    for one in chosen:
        kept = judged.look(one, judged.holdout(TRACK), "private")
        assert kept.value == again.score("private", one.sha256).value


@pytest.mark.proof
def test_by_processes_of_which_one_is_killed_a_rescoring_is_the_same(judged):
    from joblib.externals.loky import reusable_executor

    killed = []

    def kill_one(what, done, total):
        if not killed and done == 2:
            killed.append(next(iter(reusable_executor._executor._processes)))
            os.kill(killed[0], signal.SIGKILL)

    alone = dry_run(judged)
    with mass.processes(2):
        shared = dry_run(judged, kill_one)
    assert killed
    assert essence(shared) == essence(alone)


def test_a_bench_that_is_pickled_is_two_addresses_and_is_lent_under_the_vaults_key_while_it_is_open(judge):
    holdout = judge.holdout(TRACK)
    with sent_away(), bench_of(judge, holdout) as bench:
        sent, lent = pickle.dumps(bench), bench.lent.read_bytes()
        assert len(sent) < 400
        assert bench.lent.is_absolute()
        assert bench.lent.stat().st_mode & 0o077 == 0
        for secret in (holdout.salts["public"].encode(), judge.vault.key, holdout.track.encode()):
            assert secret not in sent + lent
        there = pickle.loads(sent)
        assert there.holdout is not holdout
        assert there.holdout.commitments == holdout.commitments
    with pytest.raises(HoldoutError, match="it is not lent any more"):
        type(bench).__reduce__(bench)[0].__wrapped__(judge.event.folder, bench.lent)


def test_a_lost_file_stands_in_nobodys_way(judged):
    whole = dry_run(judged)
    lost = whole.results.submissions[1]
    (judged.event.submissions / lost.sha256[:2] / f"{lost.sha256}.npy").unlink()
    (judged.vault.folder / "rankings" / lost.sha256[:2] / lost.sha256).unlink()
    found = dry_run(judged).results
    assert [one.id for one in found.lost] == [lost.id]
    assert {one for one, _ in found.raw} == {one for one, _ in whole.results.raw} - {lost.id}
