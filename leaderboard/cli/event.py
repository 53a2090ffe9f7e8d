"""The commands that make an event: its folder, its data, its kits, its baselines, and serve it."""

from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from challenges.files import folder_made_whole
from challenges.spec import SizeName
from leaderboard import logs
from leaderboard.cli.challenge import fetch_recordings
from leaderboard.cli.common import (
    HERE,
    EngineOption,
    EventOption,
    SchedulerOption,
    WorkersOption,
    console,
    errors,
    full_name,
    judging,
    progress_bars,
    sharing,
    sharing_of_judge,
    storing,
)
from leaderboard.event import METRICS_VARIABLE, Event, EventError
from leaderboard.times import FORMS, moment, zone_of

app = typer.Typer()
kit_app = typer.Typer(no_args_is_help=True, help="Starter kits.")


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="The event's folder, made now.")] = HERE,
    name: Annotated[str, typer.Option(help="As pages and receipts show it.")] = "physathon",
    source: Annotated[str, typer.Option(help="simulated, or real (public labels: not secret).")] = "simulated",
    file: Annotated[list[str], typer.Option(help="With --source real: CHALLENGE=PATH of a real data file.")] = [],  # noqa: B006
    challenge: Annotated[list[str], typer.Option(help="Default: all, or those named by --file.")] = [],  # noqa: B006
    size: Annotated[SizeName, typer.Option(help="Simulated rows.")] = "default",
    opens: Annotated[str | None, typer.Option(help=f"Default: now. {FORMS}.")] = None,
    closes: Annotated[str | None, typer.Option(help="As --opens; a span counts from there.")] = None,
    days: Annotated[float | None, typer.Option(help="How long it stays open, if --closes says nothing: 14.")] = None,
    zone: Annotated[str, typer.Option(help="Of times without one: an IANA name, as Europe/Lisbon.")] = "UTC",
    train_seed: Annotated[int, typer.Option(help="Seed of the training data.")] = 1,
) -> None:
    """Make an event; with --source real and --file, take real data in."""
    from leaderboard.intake import receipts
    from leaderboard.judge import prepare
    from leaderboard.judge.vault import Vault

    files = _files(file, "--file")
    if files and source != "real":
        raise EventError("--file goes with --source real")
    chosen = challenge or list(files) or None
    if source == "real" and not files:
        chosen = _fetchable(challenge)
    if closes and days is not None:
        raise EventError("--closes and --days both say when it ends: give one")
    clock = zone_of(zone)
    start = datetime.now(UTC).replace(microsecond=0)
    start = moment(opens, zone=clock, base=start) if opens else start
    end = moment(closes, zone=clock, base=start) if closes else None
    settings = {"source": source, "size": size, "train_seed": train_seed} | ({"zone": zone} if zone != "UTC" else {})
    target = folder.resolve()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise EventError(f"{target} already holds an event, or something else: an event is made in a new folder")
    with folder_made_whole(target) as staging:
        event = Event.create(
            staging,
            name=name,
            challenges=chosen,
            opens=start,
            closes=end,
            days=14 if days is None else days,
            **settings,
        )
        receipts.make_key(event)
        Vault(event, create=True)
        for challenge_id, paths in files.items():
            with judging(staging) as judge, progress_bars() as progress:
                prepare.ingest(judge, challenge_id, *paths, progress=progress)
            tell_data(event, challenge_id)
    span = " to ".join(f"{one.astimezone(clock):%A %d %B %Y %H:%M}" for one in (event.first.opens, event.first.closes))
    console.print(f"event made in {target}, open from {span} ({zone})", soft_wrap=True)
    if not files:
        step = "fetch" if source == "real" else "simulate"
        console.print(f"it has no data yet; next: physathon {step} --event {folder}", soft_wrap=True, markup=False)


def _fetchable(challenges: list[str]) -> list[str]:
    """Return, of some challenges or all, those whose real data can be downloaded; say which cannot.

    Raises
    ------
    EventError
        If one that was named cannot be.
    """
    from challenges import spec
    from challenges.manifest import Manifest

    names = challenges or spec.available()
    by_hand = [name for name in names if Manifest.read(spec.load(name).manifest).unverified]
    if by_hand:
        why = (
            f"nobody has published checksums of the real files of {', '.join(by_hand)}, so they are not fetched: "
            "download them yourself and name them by --file CHALLENGE=PATH"
        )
        if challenges:
            raise EventError(why)
        console.print(f"left out: {why}", soft_wrap=True, markup=False)
    return [name for name in names if name not in by_hand]


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
    from leaderboard.public.data import public_data
    from leaderboard.store.queries import SECRECY

    challenge = event.challenge(challenge_id)
    there = event.tracks_of(challenge)
    for track in challenge.tracks:
        if track not in there:
            console.print(f"{challenge.full_name(track)}: skipped, none of the files given belongs to it")
    for name in event.tracks(challenge_id):
        _, track = event.track(name)
        facts = public_data(event, name).facts()
        dropped = facts.get("duplicates_dropped")
        console.print(
            f"{name}: {facts['train_rows']:,} training, {facts['validation_rows']:,} validation and "
            f"{facts['holdout_rows']:,} holdout rows, "
            f"{SECRECY[facts['secret']]}"
            + (f", recordings: {facts.get('recordings') or 'none'}" if track.observed else "")
            + (", for practice only: too few groups to tell teams apart" if facts.get("practice") else "")
            + (f"; random files reach {0.5 + facts['luck']:.2f} on its public board" if facts.get("luck") else "")
            + (f"; finds gaps of {facts['gap']:.2g} between teams near 0.8" if facts.get("gap") else "")
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
    generator: Annotated[str | None, typer.Option(help="higgs: numpy, or pythia, the reference.")] = None,
    text: Annotated[
        Path | None, typer.Option(help="renaissance: a Spanish text of your own; the holdout is composed of it alone.")
    ] = None,
    engine: EngineOption = "loky",
    scheduler: SchedulerOption = None,
) -> None:
    """Simulate training data and sealed holdouts."""
    from leaderboard.judge import prepare

    if seed is not None:
        errors.print("[bold yellow]not secret[/]: whoever knows this seed can make the holdout's labels")
    recordings = {one: path for one, (path,) in _files(observed, "--observed").items()}
    options = {"generator": generator} if generator else {}
    holdout_options = {"text": text} if text else {}
    with judging(event) as judge, sharing_of_judge(judge, 1, engine, scheduler):
        for challenge_id in challenge or judge.event.config.challenges:
            taken = recordings.pop(challenge_id, None)
            with progress_bars() as progress:
                prepare.simulate(
                    judge,
                    challenge_id,
                    holdout_seed=seed,
                    observed=taken,
                    options=options,
                    holdout_options=holdout_options,
                    progress=progress,
                )
            tell_data(judge.event, challenge_id)
        if recordings:
            raise EventError(f"recordings came for {sorted(recordings)}, which were not simulated")


@app.command()
def fetch(
    challenge: Annotated[list[str] | None, typer.Argument(help="Default: all of the event's.")] = None,
    event: EventOption = HERE,
    cache: Annotated[Path, typer.Option(help="Where downloads are kept.")] = Path("downloads"),
    recordings: Annotated[
        bool,
        typer.Option("--recordings", help="Instead, recordings that a challenge lists, for `simulate --observed`."),
    ] = False,
    out: Annotated[Path, typer.Option(help="With --recordings: the folder they go to.")] = Path("observed"),
) -> None:
    """Download real data by their manifests, verify them, and take them in."""
    from leaderboard.judge import prepare

    if recordings:
        if not challenge:
            raise EventError("say whose recordings: physathon fetch CHALLENGE --recordings")
        for challenge_id in challenge:
            fetch_recordings(challenge_id, cache, out)
        return
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
    from leaderboard.kit.build import build_kit

    with storing(event) as (found, _):
        for challenge_id in challenge or found.config.challenges:
            with console.status(f"building the kit of {challenge_id}"):
                path = build_kit(found, challenge_id)
            console.print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")
        if not found.config.public_url:
            console.print("They name no address, for the event has none yet: `physathon set public_url https://...`")


@kit_app.command("audit")
def kit_audit(
    challenge: Annotated[list[str] | None, typer.Argument(help="Default: all of the event's.")] = None,
    event: EventOption = HERE,
) -> None:
    """Hold kits against the sealed labels before anybody gets them: does anything in them know the answers?"""
    from leaderboard.judge import kit_audit as auditing

    with judging(event) as judge:
        for challenge_id in challenge or judge.event.config.challenges:
            clues = auditing.audit(judge, challenge_id)
            guilty = [clue for clue in clues if not clue.innocent]
            for clue in guilty:
                console.print(f"{clue.what}: {clue.value:.3f}, chance stays in {clue.low:.3f} to {clue.high:.3f}")
            if guilty:
                raise auditing.Leak(f"the kit of {challenge_id} may give labels away: {len(guilty)} clues")
            console.print(f"{challenge_id}: {len(clues)} clues, all as chance would have them")


@app.command()
def baseline(
    track: Annotated[str | None, typer.Argument(help="Default: all tracks.")] = None,
    event: EventOption = HERE,
    full: Annotated[bool, typer.Option("--full", help="Also the baselines that take minutes.")] = False,
    workers: WorkersOption = 1,
    engine: EngineOption = "loky",
    scheduler: SchedulerOption = None,
) -> None:
    """Train baselines and enter them as ghost rows."""
    from challenges import mass
    from leaderboard import ghosts

    with storing(event) as (found, store), sharing(workers, engine, scheduler, mass.cluster):
        names = [full_name(found, track)] if track else found.tracks()
        with console.status("training baselines"):
            for name, rung, new in ghosts.enter_all(found, store, names, slow=full):
                console.print(f"{name}, {rung.title}: {'sent to the judge' if new else 'is there already'}")


@app.command()
def serve(
    event: EventOption = HERE,
    host: Annotated[str, typer.Option(help="0.0.0.0 for a venue's network.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    judging: Annotated[
        bool, typer.Option("--judge/--no-judge", help="A judge beside it, or one elsewhere by `physathon judge`.")
    ] = True,
    web_user: Annotated[
        str | None, typer.Option(help="Whom the web process runs as; root's to set. Default: physathon, or nobody.")
    ] = None,
    proxy: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="The proxy in front, whose forwarded headers are believed.")
    ] = None,
    tls: Annotated[
        tuple[Path, Path] | None,
        typer.Option(metavar="CERTIFICATE KEY", help="Two PEM files, as `physathon certificate` makes them."),
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option(
            metavar="[ADDRESS:]PORT", envvar=METRICS_VARIABLE, help="Figures for Prometheus, by default on 127.0.0.1."
        ),
    ] = None,
) -> None:
    """Serve page and API, with the judge beside them; whichever ends is started again."""
    from leaderboard.cli.doors import announcement, warnings
    from leaderboard.cli.status import keep_watch
    from leaderboard.cli.upgrade import tell_copy
    from leaderboard.intake import receipts
    from leaderboard.people.providers import check_ready
    from leaderboard.public.texts import texts
    from leaderboard.serve import last_good, must_not_be_served
    from leaderboard.serve import serve as run
    from leaderboard.store.database import open_store
    from leaderboard.tls.pair import checked_pair

    logs.start("serve")
    say = logs.speaking(partial(errors.print, soft_wrap=True, markup=False))
    pair = checked_pair(*tls) if tls else None
    found = last_good(event, say)
    must_not_be_served(found)
    with closing(open_store(found)) as store:  # The web process may change tables, and make no file of its own.
        tell_copy(store, say)
    receipts.make_key(found)
    texts(found)
    check_ready(found)
    for warning in warnings(found, host, port, pair, proxy):
        say(warning)
    run(
        found,
        host,
        port,
        judging=judging,
        web_user=web_user,
        proxy=proxy,
        tls=pair,
        metrics=metrics,
        say=say,
        announce=lambda: console.print(announcement(found, host, port, pair), soft_wrap=True),
        meanwhile=lambda: keep_watch(found, say),
    )
