"""The commands about challenges: practise one, examine one, start a new one, bring recordings to its form."""

import secrets
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from challenges.spec import SizeName
from leaderboard.cli.common import EngineOption, SchedulerOption, console, progress_bars, sharing

LIKE = 100  # of either kind: 5 false alarms at 5%
MOST_GROUPS = 2**32  # that a data set has: from here on groups are numbered that `more` makes

app = typer.Typer(no_args_is_help=True, help="Challenges: practise or examine one, start a new one.")


@app.command()
def new(challenge_id: Annotated[str, typer.Argument(metavar="ID", help="a-z, 0-9 and _.")]) -> None:
    """Start a new challenge from a working toy."""
    from leaderboard.workshop import scaffold

    for path in scaffold.create(challenge_id):
        console.print(str(path), soft_wrap=True, markup=False)
    console.print(f"now: physathon challenge check {challenge_id}")


@app.command()
def check(challenge_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Examine a challenge: everything that it must keep before an event may use it."""
    from challenges.spec import load
    from leaderboard.workshop.conformance import CHECKS, Nonconforming, run

    load(challenge_id)
    broken = []
    with tempfile.TemporaryDirectory() as folder, console.status(f"examining {challenge_id}"):
        for finding in run(challenge_id, Path(folder)):
            mark = "[green]✓[/]" if finding.passed else "[bold red]✗[/]"
            console.print(mark, f"[bold]{finding.check.replace('_', ' ')}[/]:", end=" ")
            console.print(finding.detail, markup=False)
            if not finding.passed:
                broken.append(finding.check)
    if broken:
        raise Nonconforming(f"{challenge_id} fails {len(broken)} of {len(CHECKS)} checks: {', '.join(broken)}")


@app.command()
def more(
    track: Annotated[str, typer.Argument(metavar="TRACK", help="For example higgs.signal.")],
    rows: Annotated[int, typer.Option(min=1, help="How many.")],
    out: Annotated[Path, typer.Option("--out", help="The folder that the file goes to.")] = Path(),
    seed: Annotated[int | None, typer.Option(help="0 to 2**256 - 1; by default a fresh one.")] = None,
    engine: EngineOption = "loky",
    scheduler: SchedulerOption = None,
) -> None:
    """Simulate more to train on, in the form of a kit's training file."""
    from challenges import mass
    from challenges.spec import ChallengeError, find_track
    from leaderboard.public import files

    challenge, found = find_track(track)
    name = f"{challenge.full_name(found)}.more"
    if not challenge.extra_simulation:
        raise ChallengeError(f"{challenge.id} allows no training on more than its kit holds; its README says why")
    if (there := files.find(out, name)).exists():
        raise ChallengeError(f"{there} is there already: move it, or name another folder by --out")
    seed = secrets.randbits(256) if seed is None else seed
    with sharing(1, engine, scheduler, mass.cluster), progress_bars() as progress:
        data = challenge.simulator(found)(rows, seed, progress=lambda done, total: progress(name, done, total))
    first_group = MOST_GROUPS * (1 + seed % 2**30)
    data = replace(data, groups=data.groups + first_group)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".more.") as folder:
        files.write_labelled(Path(folder), **{name: data})
        written = files.find(Path(folder), name)
        written.rename(out / written.name)
    console.print(f"{out / written.name}: {len(data):,} rows; the same again by --seed {seed}", soft_wrap=True)


@app.command()
def play(
    challenge_id: Annotated[str, typer.Argument(metavar="ID")],
    folder: Annotated[
        Path, typer.Option("--folder", help="Where practices lie: FOLDER/ID holds this one's event and kit.")
    ] = Path("practice"),
    size: Annotated[SizeName, typer.Option(help="Simulated rows of a new one.")] = "small",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    fresh: Annotated[bool, typer.Option("--fresh", help="Make a new one; that of before is set aside.")] = False,
) -> None:
    """Practise: a private event of one challenge on this machine, with kit, board and judge; a second time it goes on.

    The answers lie on this machine, too, so its scores prove nothing.
    """
    from leaderboard.demo import practice
    from leaderboard.demo.play import climb, supply
    from leaderboard.serve import serve

    say = partial(console.print, soft_wrap=True, markup=False)
    home, address = folder / challenge_id, f"http://127.0.0.1:{port}"
    if fresh and (aside := practice.set_aside(home)):
        say(f"the practice of before is in {aside}")
    judge = practice.open_practice(home, challenge_id, size=size, address=address)

    def announce() -> None:
        say(f"{practice.PROVES_NOTHING}\npage and API: {address} (Ctrl-C stops, the same command goes on)")
        say(f"kit, unpacked: {home / 'kit'}\ntoken of the team {practice.TEAM}: {practice.token_of(judge)}")
        say("next, in another terminal:")
        for command in practice.next_commands(judge, challenge_id, home / "kit", address):
            say(f"  {command}")

    def baselines() -> None:
        with progress_bars() as progress:
            climb(judge, challenge_id, progress=progress)

    try:
        with progress_bars() as progress:
            supply(judge, challenge_id, say=say, progress=progress)
        practice.unpack(judge, challenge_id, home / "kit")
        serve(judge.event, "127.0.0.1", port, announce=announce, meanwhile=baselines)
    finally:
        judge.close()


@app.command()
def observe(
    challenge_id: Annotated[str, typer.Argument(metavar="ID")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Recordings, in FITS.")],
    out: Annotated[Path, typer.Option("--out", help="The folder they go to.")],
    beam: Annotated[
        tuple[float, float, float] | None,
        typer.Option(help='Axes in arcsec and angle in degrees, for headers without: "--beam 0.035 0.022 10".'),
    ] = None,
    distance: Annotated[float | None, typer.Option(min=1, help="Of the object, pc.")] = None,
    extension: Annotated[int | None, typer.Option(min=0, help="Where the image lies in files of several.")] = None,
    like: Annotated[
        int, typer.Option(min=0, help="Simulated rows of either kind, seen as each recording was, to compare it with.")
    ] = LIKE,
) -> None:
    """Bring recordings of the real sky to the form of a challenge's images."""
    options = {"beam": beam, "extension": extension} | ({"distance": distance} if distance else {})
    bring(challenge_id, [partial(_at_hand, file, options) for file in files], out, like=like)


def _at_hand(file: Path, options: dict) -> tuple[Path, dict]:
    return file, options


def _fetched(url: str, cache: Path, options: dict) -> tuple[Path, dict]:
    from challenges.fetching import fetch_unverified

    return fetch_unverified(url, cache), options


def bring(challenge_id: str, recordings: list[Callable[[], tuple[Path, dict]]], out: Path, *, like: int) -> None:
    """Bring recordings to a challenge's form and write them; one that cannot be used is named and passed over.

    Parameters
    ----------
    challenge_id : str
    recordings : list of callable
        Each returns a file, which it may have to fetch first, and options of the challenge's ``observe``.
    out : Path
    like : int
        How many rows of either kind are simulated to be compared with each.
    """
    from challenges.dataset import DataFileError
    from challenges.spec import ChallengeError, load

    try:
        module = load(challenge_id).module("observe")
    except ModuleNotFoundError as error:
        raise ChallengeError(f"challenge {challenge_id} takes no recordings: it has no observe.py") from error
    accepted = []
    for recording in recordings:
        try:
            file, options = recording()
            accepted.append(module.observe(file, **options))
        except DataFileError as error:
            console.print("[bold red]✗[/]", end=" ")
            console.print(str(error), markup=False, soft_wrap=True)
            continue
        console.print("[green]✓[/]", end=" ")
        console.print(accepted[-1].summary(), markup=False, soft_wrap=True)
    if not accepted:
        raise DataFileError(f"none of {len(recordings)} recordings could be used")
    for path in module.save(accepted, out, like=like):
        console.print(str(path), markup=False, soft_wrap=True)


def fetch_recordings(challenge_id: str, cache: Path, out: Path) -> None:
    """Download the public recordings that a challenge lists, bring them to its form, and name what must be fetched."""
    from challenges.recordings import surveys
    from challenges.spec import load

    jobs = []
    for survey in surveys(load(challenge_id)):
        console.print(f"{survey.name}: {survey.title} ({survey.source})", markup=False, soft_wrap=True)
        for one in survey.recordings:
            if survey.address and one.file:
                options = {"name": one.name, "distance": one.distance}
                jobs.append(partial(_fetched, f"{survey.address}{one.file}", cache, options))
        if survey.missing:
            names = ", ".join(f"{one.name} ({one.distance:g} pc)" for one in survey.recordings)
            console.print(f"  not downloaded, {survey.missing}: {survey.page}", markup=False, soft_wrap=True)
            console.print(f"  {names}", markup=False, soft_wrap=True)
    bring(challenge_id, jobs, out, like=LIKE)
