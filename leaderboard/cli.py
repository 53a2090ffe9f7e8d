"""``physathon …``: everything an organiser does, and what a team can do without a browser."""

import json
import os
import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from leaderboard import cli_challenge, cli_scores
from leaderboard.console import (
    HERE,
    EventOption,
    console,
    errors,
    full_name,
    judging,
    progress_bars,
    readable,
    storing,
)
from leaderboard.event import Event, EventError

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)
kit_app = typer.Typer(no_args_is_help=True, help="Starter kits.")
team_app = typer.Typer(no_args_is_help=True, help="Teams and their tokens.")
app.add_typer(kit_app, name="kit")
app.add_typer(team_app, name="team")
app.add_typer(cli_challenge.app, name="challenge")
app.add_typer(cli_scores.app)


def main() -> None:
    """Run the command line; an expected error is one message and exit status 1, never a traceback."""
    try:
        app()
    except (ValueError, OSError, ImportError) as error:
        if os.environ.get("PHYSATHON_TRACEBACK"):
            raise
        errors.print(f"[bold red]error[/] {type(error).__name__}", end=": ")
        errors.print(str(error), markup=False, soft_wrap=True)
        sys.exit(1)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="The event's folder, made now.")] = HERE,
    name: Annotated[str, typer.Option(help="As pages and receipts show it.")] = "physathon",
    source: Annotated[str, typer.Option(help="simulated, or real (public labels: not secret).")] = "simulated",
    file: Annotated[list[str], typer.Option(help="With --source real: CHALLENGE=PATH of a real data file.")] = [],  # noqa: B006
    challenge: Annotated[list[str], typer.Option(help="Default: all, or those named by --file.")] = [],  # noqa: B006
    size: Annotated[str, typer.Option(help="Simulated rows: small or default.")] = "default",
    opens: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M:%S%z"], help="Default: now.")] = None,
    days: Annotated[float, typer.Option(help="How long it stays open.")] = 14,
    train_seed: Annotated[int, typer.Option(help="Seed of the training data.")] = 1,
) -> None:
    """Make an event; with --source real and --file, take real data in."""
    from leaderboard import prepare, receipts
    from leaderboard.vault import Vault

    files = _files(file, "--file")
    if files and source != "real":
        raise EventError("--file goes with --source real")
    chosen = challenge or list(files) or None
    settings = {"source": source, "size": size, "train_seed": train_seed}
    target = folder.resolve()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise EventError(f"{target} already holds an event, or something else: an event is made in a new folder")
    staging = target.with_name(f".{target.name}.partial")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        event = Event.create(staging, name=name, challenges=chosen, opens=opens, days=days, **settings)
        receipts.make_key(event)
        Vault(event, create=True)
        for challenge_id, paths in files.items():
            with judging(staging) as judge, progress_bars() as progress:
                prepare.ingest(judge, challenge_id, *paths, progress=progress)
            tell_data(event, challenge_id)
        staging.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    console.print(f"event made in {target}")


def _files(pairs: list[str], option: str) -> dict[str, list[Path]]:
    """Return the files that an option names for each challenge."""
    files: dict[str, list[Path]] = {}
    for pair in pairs:
        challenge_id, _, path = pair.partition("=")
        if not path or not Path(path).exists():
            raise EventError(f"{option} wants CHALLENGE=PATH of a file that exists, got {pair!r}")
        files.setdefault(challenge_id, []).append(Path(path))
    return files


def tell_data(event: Event, challenge_id: str) -> None:
    """Say what data each track of a challenge has now."""
    from leaderboard.public import public_data
    from leaderboard.store import SECRECY

    for track in event.challenge(challenge_id).tracks:
        name = f"{challenge_id}.{track.id}"
        facts = public_data(event, name).facts()
        dropped = facts.get("duplicates_dropped")
        console.print(
            f"{name}: {facts['train_rows']:,} training and {facts['holdout_rows']:,} holdout rows, "
            f"{SECRECY[facts['secret']]}"
            + (f", recordings: {facts.get('recordings') or 'none'}" if track.observed else "")
            + (f", {dropped} training rows dropped that the holdout holds too" if dropped else "")
        )


@app.command()
def simulate(
    challenge: Annotated[list[str] | None, typer.Argument(help="Default: all of the event's.")] = None,
    event: EventOption = HERE,
    seed: Annotated[int | None, typer.Option(help="For tests: a known holdout seed, which is not secret.")] = None,
    observed: Annotated[
        list[str], typer.Option(help="CHALLENGE=FILE: recordings as `physathon challenge observe` writes them.")
    ] = [],  # noqa: B006
) -> None:
    """Simulate training data and sealed holdouts."""
    from leaderboard import prepare

    if seed is not None:
        errors.print("[bold yellow]not secret[/]: whoever knows this seed can make the holdout's labels")
    recordings = {one: path for one, (path,) in _files(observed, "--observed").items()}
    with judging(event) as judge:
        for challenge_id in challenge or judge.event.config.challenges:
            taken = recordings.pop(challenge_id, None)
            with progress_bars() as progress:
                prepare.simulate(judge, challenge_id, holdout_seed=seed, observed=taken, progress=progress)
            tell_data(judge.event, challenge_id)
        if recordings:
            raise EventError(f"recordings came for {sorted(recordings)}, which were not simulated")


@app.command()
def fetch(
    challenge: Annotated[list[str] | None, typer.Argument(help="Default: all of the event's.")] = None,
    event: EventOption = HERE,
    cache: Annotated[Path, typer.Option(help="Where downloads are kept.")] = Path("downloads"),
) -> None:
    """Download real data by their manifests, verify them, and take them in."""
    from leaderboard import prepare

    with judging(event) as judge:
        for challenge_id in challenge or judge.event.config.challenges:
            with progress_bars() as progress:
                prepare.fetch(judge, challenge_id, cache, progress=progress)
            tell_data(judge.event, challenge_id)


@kit_app.command("build")
def kit_build(
    challenge: Annotated[list[str] | None, typer.Argument(help="Default: all of the event's.")] = None,
    event: EventOption = HERE,
) -> None:
    """Build starter kits: one zip a challenge, which stands alone."""
    from leaderboard import kit

    found = Event(event)
    for challenge_id in challenge or found.config.challenges:
        path = kit.build(found, challenge_id)
        console.print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")


@kit_app.command("audit")
def kit_audit(
    challenge: Annotated[list[str] | None, typer.Argument(help="Default: all of the event's.")] = None,
    event: EventOption = HERE,
) -> None:
    """Hold kits against the sealed labels before anybody gets them: does anything in them know the answers?"""
    from leaderboard import kit_audit as auditing

    with judging(event) as judge:
        for challenge_id in challenge or judge.event.config.challenges:
            clues = auditing.audit(judge, challenge_id)
            guilty = [clue for clue in clues if not clue.innocent]
            for clue in guilty:
                console.print(f"{clue.what}: {clue.value:.3f}, chance stays in {clue.low:.3f} to {clue.high:.3f}")
            if guilty:
                raise auditing.Leak(f"the kit of {challenge_id} may give labels away: {len(guilty)} clues")
            console.print(f"{challenge_id}: {len(clues)} clues, all as chance would have them")


@team_app.command("add")
def team_add(name: str, event: EventOption = HERE) -> None:
    """Register a team and print its token, once."""
    from leaderboard import teams

    with storing(event) as (_, store), store.write() as session:
        token = teams.issue_token(session, teams.add_team(session, name))
    console.print(token, soft_wrap=True)


@team_app.command("token")
def team_token(name: str, event: EventOption = HERE) -> None:
    """Print a new token for a team that lost its own; the old ones stop working."""
    from leaderboard import teams

    with storing(event) as (_, store), store.write() as session:
        team = teams.find_team(session, name)
        if team is None:
            raise EventError(f"there is no team {name!r}")
        teams.revoke_tokens(session, team)
        token = teams.issue_token(session, team)
    console.print(token, soft_wrap=True)


@app.command()
def baseline(
    track: Annotated[str | None, typer.Argument(help="Default: all tracks.")] = None,
    event: EventOption = HERE,
    full: Annotated[bool, typer.Option("--full", help="Also those that need torch and minutes.")] = False,
) -> None:
    """Train baselines and enter them as ghost rows."""
    from leaderboard import ghosts

    with storing(event) as (found, store):
        for name in [full_name(found, track)] if track else found.tracks():
            challenge, of_challenge = found.track(name)
            train = ghosts.training_data(found, name)
            for rung in ghosts.choose(challenge.id, of_challenge.id, deep=full):
                with console.status(f"training {rung.title}"):
                    new = ghosts.enter(found, store, name, rung, train)
                console.print(f"{name}, {rung.title}: {'sent to the judge' if new else 'is there already'}")


@app.command()
def check(
    file: Path,
    track: Annotated[str | None, typer.Option(help="Default: the event's only track.")] = None,
    event: EventOption = HERE,
    circuit: Annotated[Path | None, typer.Option(help="Also check this declared circuit, in OpenQASM 3.")] = None,
) -> None:
    """Check a prediction file, and the circuit declared with it: no server, no label, no cost."""
    from leaderboard import circuits, intake

    found = Event(event)
    name = full_name(found, track)
    predictions = intake.check_file(found, name, readable(file))
    console.print(f"OK: {len(predictions.values):,} rows for {name}, SHA-256 of the predictions {predictions.sha256}")
    if circuit is not None:
        declared = circuits.read(found, name, readable(circuit).read_bytes()).declared
        console.print(f"OK: a circuit that may be declared, with {declared}")


@app.command()
def submit(
    file: Path,
    track: Annotated[str, typer.Option(help="For example higgs.signal.")],
    token: Annotated[
        str, typer.Option(envvar="PHYSATHON_TOKEN", help="Your team's token.", prompt=True, hide_input=True)
    ],
    url: Annotated[str, typer.Option(help="Where the event is served.")] = "http://127.0.0.1:8501",
    circuit: Annotated[Path | None, typer.Option(help="The circuit to declare first, in OpenQASM 3.")] = None,
) -> None:
    """Send a prediction file to a running event and print the signed receipt."""
    place, named = f"{url.rstrip('/')}/api/tracks/{track}", {"filename": file.name}
    upload = readable(file).read_bytes()
    if circuit is not None:
        named["circuit"] = _post(f"{place}/circuits", token, readable(circuit).read_bytes())["sha256"]
    console.print_json(json.dumps(_post(f"{place}/submissions", token, upload, named)))


def _post(url: str, token: str, content: bytes, params: dict[str, str] | None = None) -> dict:
    """Send bytes to a running event and return its answer, or raise EventError with what it says is wrong."""
    import requests

    header = {"Authorization": f"Bearer {token}"}
    try:
        answer = requests.post(url, params=params, data=content, headers=header, timeout=120)
    except requests.RequestException as error:
        raise EventError(f"no answer from {url}: {error}") from error
    document = answer.json()
    if not answer.ok:
        raise EventError(document.get("message") or document.get("detail") or answer.text)
    return document


@app.command()
def serve(
    event: EventOption = HERE,
    host: Annotated[str, typer.Option(help="0.0.0.0 for a venue's network.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
) -> None:
    """Serve page and API, with the judge beside them."""
    from leaderboard.serve import serve as run

    found = Event(event)
    run(
        found,
        host,
        port,
        announce=lambda: console.print(f"serving {found.config.name} on http://{host}:{port}", markup=False),
    )


@app.command()
def demo(
    event: EventOption = HERE,
    serving: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Serve the board, or stop after the scores.")
    ] = True,
    full: Annotated[bool, typer.Option("--full", help="Also the baselines that need torch and minutes.")] = False,
    size: Annotated[str, typer.Option(help="small or default, for a new event.")] = "default",
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
) -> None:
    """Make an event, judge three demo teams on each track and serve the board; a second time everything is reused.

    The page is up as soon as the first challenge is ready; the others join it one by one.
    """
    from leaderboard.demo import fill, open_demo, tokens_file
    from leaderboard.serve import serve as run

    judge = open_demo(event, size=size)
    first, *others = judge.event.config.challenges

    def fill_in(challenges: list[str]) -> None:
        for challenge_id in challenges:
            with progress_bars() as progress:
                fill(judge, challenge_id, deep=full, say=console.print, progress=progress)
            for track in judge.event.challenge(challenge_id).tracks:
                cli_scores.board(f"{challenge_id}.{track.id}", event)

    def announce() -> None:
        console.print(f"[bold]page and API on http://{host}:{port}[/] (Ctrl-C stops)", soft_wrap=True)
        console.print(f"the demo teams' tokens: {tokens_file(judge.event)}", soft_wrap=True)

    try:
        fill_in([first])
        if serving:
            run(judge.event, host, port, announce=announce, meanwhile=lambda: fill_in(others))
        else:
            fill_in(others)
    finally:
        judge.close()
