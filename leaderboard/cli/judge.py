"""The commands about scores: judging, rescoring, finals, boards."""

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from challenges.files import sweep
from challenges.spec import PUBLIC
from leaderboard import logs
from leaderboard.cli.common import (
    HERE,
    EngineOption,
    EventOption,
    SchedulerOption,
    WorkersOption,
    at_a_terminal,
    console,
    errors,
    full_name,
    judging,
    progress_bars,
    readable,
    sharing_of_judge,
    storing,
)
from leaderboard.cli.tables import board_table, comparison_table, moves_table, scores_table
from leaderboard.event import Event, EventError

if TYPE_CHECKING:
    from leaderboard.store.tables import Submission
    from scoring.sealed.judge import Predictions

app = typer.Typer()
FINAL = "final ranking, private slice\nrank range: every rank a team may truly have, at 95% for all at once"

PUBLIC_SLICE = "public slice, on the Ladder's grid"
REVEALING = f"let out team by team: some final, private slice; the others {PUBLIC_SLICE}"


@app.command()
def judge(
    event: EventOption = HERE,
    once: Annotated[bool, typer.Option("--once", help="Stop when the queue is empty.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Also what was given up before.")] = False,
    engine: EngineOption = "loky",
    scheduler: SchedulerOption = None,
) -> None:
    """Judge what waits in the queue."""
    from leaderboard.judge import corrections, tasks, worker
    from leaderboard.serve import end_with_supervisor
    from leaderboard.store import copies

    logs.start("judge")
    if retry_failed:
        with judging(event) as found:
            console.print(f"{worker.retry_failed(found)} failed files are queued again")

    end_with_supervisor()
    with worker.more_workers(Event(event).folder, workers - 1, once=once), judging(event) as found:
        sweep(found.vault.folder)
        copies.follow(found.event)
        corrections.publish_key(found)
        # Lines are kept, and whoever has a task's code may do it: `physathon tasks` shows it, too.
        say = (lambda _: None) if logs.by_json() else partial(errors.print, markup=False, soft_wrap=True)
        sharing = partial(sharing_of_judge, found, 1 if scheduler else workers, engine, scheduler)
        desk = partial(tasks.look_after, found, say, sharing)
        finished = worker.work(found, once=once, stop=worker.asked_to_stop(), meanwhile=desk)
    console.print(f"{finished} files judged")


@app.command("tasks")
def tasks_(event: EventOption = HERE) -> None:
    """Show, where the vault is, what the desk asks of the judge, and the code that lets each be done."""
    from leaderboard.judge import corrections, tasks
    from leaderboard.public.corrections import fingerprint

    with judging(event) as found:
        waiting = tasks.pending(found)
        console.print(f"key for corrections: {fingerprint(corrections.public_key(found.vault))}")
    for one in waiting:
        console.print(str(one), markup=False, soft_wrap=True)
    if not waiting:
        console.print("no task waits for a code")


@app.command()
def score(
    track: str,
    file: Path,
    event: EventOption = HERE,
    slices: Annotated[list[str], typer.Option("--slice", help="public, private, …; may be repeated.")] = [PUBLIC],  # noqa: B006
    as_json: Annotated[bool, typer.Option("--json", help="A list, one entry a slice.")] = False,
) -> None:
    """Score a file on slices of the holdout by all of the track's metrics: the organiser's own look, audited."""
    from leaderboard.store.queries import audit, secrecy_of
    from scoring.sealed import judge as scoring_judge

    with judging(event) as found:
        name = full_name(found.event, track)
        predictions, sha256 = _predictions(found.event, name, file)
        also = (None, *found.event.track(name)[1].also)
        holdout, chosen = found.holdout(name), dict.fromkeys(slices)
        results = [scoring_judge.score(predictions, holdout, one, metric) for one in chosen for metric in also]
        with found.store.write() as session:
            for result in results:
                audit(session, "scored locally", track=name, slice=result.slice, predictions=sha256)
            secrecy = secrecy_of(session, name)
    if as_json:
        console.print_json(json.dumps([{"track": name, **asdict(one), "holdout_is": secrecy} for one in results]))
    else:
        console.print(scores_table(name, results, note=_note(name, secrecy)))


@app.command()
def compare(
    track: str,
    a: Path,
    b: Path,
    event: EventOption = HERE,
    slice_name: Annotated[str, typer.Option("--slice", help="public, private, …")] = PUBLIC,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Compare two files on the same rows of the holdout: the organiser's own look, written to the audit log."""
    from leaderboard.store.queries import audit, secrecy_of
    from scoring import ranks
    from scoring.sealed import judge as scoring_judge

    with judging(event) as found:
        name = full_name(found.event, track)
        (first, first_sha256), (second, second_sha256) = (_predictions(found.event, name, file) for file in (a, b))
        holdout = found.holdout(name)
        results = [scoring_judge.score(one, holdout, slice_name) for one in (first, second)]
        comparison = ranks.compare(scoring_judge.estimate([first, second], holdout, slice_name))
        with found.store.write() as session:
            audit(session, "compared locally", track=name, slice=slice_name, predictions=[first_sha256, second_sha256])
            secrecy = secrecy_of(session, name)
    if as_json:
        files = [{"file": str(file), **asdict(result)} for file, result in zip((a, b), results, strict=True)]
        document = {"track": name, "files": files, **asdict(comparison), "holdout_is": secrecy}
        console.print_json(json.dumps(document))
    else:
        console.print(comparison_table(name, [str(a), str(b)], results, comparison, note=_note(name, secrecy)))


def _note(track: str, secrecy: str) -> str:
    """Return what belongs below every table of scores: the metric, its direction, and whether labels are secret."""
    from leaderboard.board.entries import direction, metric_of

    metric = metric_of(track)
    return f"{metric.name}, {direction(metric)}; {secrecy}"


def _predictions(event: Event, track: str, file: Path) -> tuple["Predictions", str]:
    """Return a file's predictions and their SHA-256, or say what is wrong with which file."""
    from leaderboard.intake.receive import check_file
    from scoring.predictions import PredictionFileError
    from scoring.sealed.judge import Predictions

    try:
        checked = check_file(event, track, readable(file))
    except PredictionFileError as error:
        raise EventError(f"{file} cannot be scored: {error}") from error
    return Predictions(checked.values), checked.sha256


@app.command()
def rescore(
    track: str,
    event: EventOption = HERE,
    labels: Annotated[Path | None, typer.Option(help="CSV with id and corrected targets; images as npy.")] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Show who would move, ask, and make it the board; else only show.")
    ] = False,
    roll_back: Annotated[
        bool, typer.Option("--roll-back", help="Publish the holdout before the last correction again.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[
        str | None, typer.Option(metavar="NAME", help="Publish only if it still is the dry run of that name.")
    ] = None,
    workers: WorkersOption = 1,
    engine: EngineOption = "loky",
    scheduler: SchedulerOption = None,
) -> None:
    """Rescore everything on a corrected holdout: shows who moves, changes the board only with --publish.

    What is published is what was shown last. If the board changes between, that is said, and shown and asked again.
    """
    from leaderboard.judge import rescoring

    if (labels is None) == (not roll_back):
        raise EventError("say either --labels FILE or --roll-back")
    with judging(event) as found:
        name = full_name(found.event, track)
        if labels is None:
            holdout = rescoring.earlier_holdout(found, name)
        else:
            holdout = rescoring.corrected_holdout(found, name, readable(labels))
        shown = None
        while True:
            with sharing_of_judge(found, workers, engine, scheduler), progress_bars() as progress:
                shown = rescoring.rescore(found, name, holdout, progress=progress, known=shown)
            console.print(moves_table(name, shown.moves, decimals=5))
            _tell_lost(shown.results.lost)
            console.print(f"dry run {shown.name}")
            if not (publish or roll_back):
                console.print("nothing was changed; --publish makes it the board")
                return
            if dry_run and dry_run != shown.name:
                raise EventError(f"this is the dry run {shown.name}, not {dry_run}: labels or board are others now")
            if not (yes or dry_run) and at_a_terminal() and not typer.confirm(f"Make this the board of {name}?"):
                console.print("nothing was changed")
                return
            try:
                rescoring.switch(found, shown)
            except rescoring.BoardChanged as changed:
                console.print(str(changed), markup=False)
                continue
            console.print(f"{name}: back on the holdout before" if roll_back else "published")
            return


@app.command()
def finalize(
    track: Annotated[str | None, typer.Argument(help="Default: all tracks.")] = None,
    event: EventOption = HERE,
    early: Annotated[bool, typer.Option("--early", help="Before the event's closing time.")] = False,
    workers: WorkersOption = 1,
    engine: EngineOption = "loky",
    scheduler: SchedulerOption = None,
) -> None:
    """Judge every team's final submission on the private slice; scores stay in the vault until `publish`.

    Files that are missing or damaged are named, and stop nobody else.
    """
    from leaderboard.judge import finals

    with (
        judging(event) as found,
        sharing_of_judge(found, workers, engine, scheduler),
        progress_bars() as progress,
    ):
        for name in [full_name(found.event, track)] if track else found.event.tracks():
            chosen, lost = finals.finalize(found, name, early=early, progress=progress), finals.missing(found, name)
            judged = len({one.id for one in chosen} - {one.id for one in lost})
            console.print(f"{name}: {judged} finals judged; `physathon publish {name}` shows them")
            _tell_lost(lost)


def _tell_lost(lost: list["Submission"]) -> None:
    """Name files that are missing or damaged."""
    from leaderboard.judge.results import named

    if lost:
        console.print(f"missing or damaged: {named(lost)}", style="bold yellow", markup=False, soft_wrap=True)


@app.command()
def exclude(
    submission: list[int],
    event: EventOption = HERE,
    reason: Annotated[str, typer.Option(help="Why; the team reads it, and it is written to the audit log.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Let them count again: they are queued for the judge.")] = False,
) -> None:
    """Take submissions out of boards and ranking, for a reason; as when a file is lost for good."""
    from leaderboard.judge import exclusion
    from leaderboard.judge.results import named

    if undo and reason:
        raise EventError("--undo wants no --reason")
    with judging(event) as found:
        done = exclusion.include(found, submission) if undo else exclusion.exclude(found, submission, reason)
    console.print(f"{'back in the queue' if undo else 'excluded'}: {named(done)}", markup=False, soft_wrap=True)


@app.command()
def publish(
    track: Annotated[str | None, typer.Argument(help="Default: all tracks.")] = None, event: EventOption = HERE
) -> None:
    """Show the final ranking on the private slice."""
    from leaderboard.judge import finals

    with judging(event) as found:
        for name in [full_name(found.event, track)] if track else found.event.tracks():
            finals.publish(found, name)
    board(track, event)


@app.command()
def reveal(
    track: Annotated[str | None, typer.Argument(help="Default: all tracks.")] = None, event: EventOption = HERE
) -> None:
    """Write the answers of published tracks; their SHA-256 are the commitments."""
    from leaderboard.judge import finals

    with judging(event) as found:
        for name in [full_name(found.event, track)] if track else found.event.tracks():
            for path in finals.reveal(found, name):
                console.print(str(path), soft_wrap=True)


@app.command()
def board(
    track: Annotated[str | None, typer.Argument(help="Default: all tracks.")] = None, event: EventOption = HERE
) -> None:
    """Print the board: the Ladder's values during the event, the final ranking after publication."""
    from leaderboard.board.entries import board as entries_of
    from leaderboard.board.entries import unranked, without_a_rank
    from leaderboard.intake.circuits import WHAT_IT_MEANS
    from leaderboard.store.queries import secrecy_of, track_state

    with storing(event) as (found, store), store.read() as session:
        for name in [full_name(found, track)] if track else found.tracks():
            state = track_state(session, name)
            kind = FINAL if state.published_at else REVEALING if state.revealing_at else PUBLIC_SLICE
            declared = found.track(name)[1]
            circuits = declared.circuit is not None
            note = f"{kind}\n{_note(name, secrecy_of(session, name))}" + (f"\n{WHAT_IT_MEANS}" if circuits else "")
            note += declared.exhibition and f"\n{declared.exhibition_note}"
            decimals = 5 if state.published_at or state.revealing_at else 3
            entries = entries_of(session, name)
            console.print(board_table(name, entries, decimals=decimals, note=note, circuits=circuits))
            for sentence in without_a_rank(unranked(session, name, entries)):
                console.print(sentence, markup=False, soft_wrap=True)
