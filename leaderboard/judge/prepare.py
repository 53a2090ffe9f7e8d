"""Fills an event with a challenge's data: simulate or ingest, split, seal, and write what is public."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from challenges import fetching
from challenges.dataset import DataFileError, Dataset, TrackAbsent, as_table
from challenges.files import flush_tree, folder_made_whole
from challenges.manifest import Manifest
from challenges.spec import OBSERVED, Challenge, Track
from challenges.training import split_public
from leaderboard.event import EventError
from leaderboard.judge import recordings, worth
from leaderboard.judge.judging import Judge
from leaderboard.judge.recordings import Recordings
from leaderboard.judge.results import TaskProgress, silent
from leaderboard.public import files
from leaderboard.public.cutting import cut
from leaderboard.public.data import PublicData, format_of
from leaderboard.store import copies
from leaderboard.store.queries import accepted
from leaderboard.store.tables import TrackState
from scoring.metrics import METRICS
from scoring.regression import training_variances
from scoring.sealed.answers import answers_table
from scoring.sealed.holdout import Holdout, assign_slices, fresh_salts, opaque_ids

Made = tuple[Dataset, Recordings | None, dict]
"""The rows of a track's holdout, recordings if there are any, and facts; its labelled files are written by then."""


def simulate(
    judge: Judge,
    challenge_id: str,
    *,
    holdout_seed: int | None = None,
    observed: Path | None = None,
    options: Mapping[str, object] | None = None,
    holdout_options: Mapping[str, object] | None = None,
    progress: TaskProgress = silent,
) -> None:
    """Simulate training data and a sealed holdout for each track of a challenge.

    Parameters
    ----------
    judge : Judge
    challenge_id : str
    holdout_seed : int, optional
        For tests: with a seed that is known, the holdout is marked "not secret". By default 256 secret bits from the
        vault for each track, unrelated to the training seed.
    observed : Path, optional
        Recordings, as `physathon challenge observe` writes them, for the track that takes some.
    options, holdout_options : mapping, optional
        Of the challenge's own simulator: for all rows, and for those of the holdout alone.
    progress : callable

    Raises
    ------
    EventError
        If the challenge has data already, a row is found twice, or recordings came for a challenge that takes none.
    challenges.dataset.DataFileError
        If the recordings do not look like the challenge's rows.
    challenges.spec.ChallengeError
        If the simulator has no such option.
    """
    event = judge.event
    challenge = _needs_data(judge, challenge_id, "simulated")
    if observed and not any(track.observed for track in challenge.tracks):
        raise EventError(f"{challenge_id} takes no recordings")

    def rows_of(track: Track, folder: Path) -> Made:
        name, size = challenge.full_name(track), track.size(event.config.size)
        seed = judge.vault.seed(f"holdout {name}") if holdout_seed is None else holdout_seed
        simulate_train = challenge.simulator(track, **(options or {}))
        simulate_holdout = challenge.simulator(track, **(options or {}), **(holdout_options or {}))
        train = simulate_train(
            size.train,
            event.config.train_seed,
            progress=lambda done, total: progress(f"{name}: training data", done, total),
        )
        holdout = simulate_holdout(
            size.holdout, seed, progress=lambda done, total: progress(f"{name}: holdout", done, total)
        )
        recorded = recordings.read(observed, holdout, track) if track.observed and observed else None
        repeated = files.count_repeated(
            train.features, holdout.features, *([recorded.rows.features] if recorded else [])
        )
        if repeated:
            raise EventError(f"{repeated} rows of {name} occur twice: expected every row once")
        labelled = split_public(train, track.training, seed=event.config.train_seed)._asdict()
        files.write_labelled(folder, **labelled)
        return (
            holdout,
            recorded,
            {
                "source": f"simulated, training seed {event.config.train_seed}"
                + "".join(f", the holdout with a {option} of its own" for option in holdout_options or {}),
                **{f"{part_name}_rows": len(part) for part_name, part in labelled.items()},
                "secret": holdout_seed is None,
                "recordings": len(recorded.names) if recorded else 0,
                "recording_names": list(recorded.names) if recorded else [],
                "rows_seen_alike": int((~recorded.counts).sum()) if recorded else 0,
            },
        )

    _fill(judge, challenge, rows_of)


def ingest(judge: Judge, challenge_id: str, *sources: Path, progress: TaskProgress = silent) -> None:
    """Take a challenge's real data files and split holdouts off; their labels are public, so they are not secret.

    A track of which there is no file is left out of the event.

    Raises
    ------
    EventError
        If the challenge has data already.
    challenges.dataset.DataFileError
        If the files are not what the challenge's real data look like.
    """
    challenge = _needs_data(judge, challenge_id, "real")
    names = ", ".join(source.name for source in sources)

    def rows_of(track: Track, folder: Path) -> Made:
        with tempfile.TemporaryDirectory(dir=folder.parent) as work:
            split = challenge.function("data", "ingest", track)(
                sources,
                Path(work),
                progress=lambda done, total: progress(f"{challenge_id}: reading {names}", done, total),
            )
            rows = cut(files.find(Path(work), files.TRAIN), folder, track.training, seed=judge.event.config.train_seed)
        return (
            split.holdout,
            None,
            {
                "source": f"real data, {names}",
                **{f"{part_name}_rows": count for part_name, count in rows.items()},
                "duplicates_dropped": split.duplicates,
                "secret": False,
            },
        )

    _fill(judge, challenge, rows_of)


def fetch(judge: Judge, challenge_id: str, cache: Path, *, progress: TaskProgress = silent) -> None:
    """Download a challenge's real data by its manifest, checked against their SHA-256, then ingest them."""
    challenge = _needs_data(judge, challenge_id, "real")
    manifest = Manifest.read(challenge.manifest)
    if manifest.unverified:
        addresses = ", ".join(source.url for source in manifest.unverified)
        raise EventError(
            f"nobody has published checksums of {challenge_id}'s real files, so they are not fetched unasked: download "
            f"{addresses} yourself and name the files with `physathon init --source real --file {challenge_id}=PATH`"
        )
    sources = [
        fetching.fetch(
            file, cache, progress=lambda done, total, file=file: progress(f"downloading {file.name}", done, total)
        )
        for file in manifest.files
    ]
    ingest(judge, challenge_id, *sources, progress=progress)


def _needs_data(judge: Judge, challenge_id: str, source: str) -> Challenge:
    challenge = judge.event.challenge(challenge_id)
    if judge.event.config.source != source:
        raise EventError(
            f"this event is for {judge.event.config.source} data, not for {source} ones: see its event.toml"
        )
    if (judge.event.public / challenge_id).exists():
        raise EventError(f"{challenge_id} has its data already; a new holdout wants a new event")
    return challenge


def _fill(judge: Judge, challenge: Challenge, rows_of: Callable[[Track, Path], Made]) -> None:
    """Let every track's public files be written into a staging folder, seal the holdouts, then move it into place.

    Tracks that are absent from the sources are left out, unless all are.
    """
    with folder_made_whole(judge.event.public / challenge.id) as staging:
        sealed, absent = {}, []
        for track in challenge.tracks:
            folder = staging / track.id
            folder.mkdir(parents=True)
            try:
                holdout, recorded, facts = rows_of(track, folder)
            except TrackAbsent as error:
                absent.append(error)
                shutil.rmtree(folder)
                continue
            public = PublicData(folder)
            sealed[track.id] = _write_public(judge, challenge, track, public, holdout, recorded, facts), facts
        if not sealed:
            raise DataFileError("; ".join(map(str, absent))) from absent[0]
        flush_tree(staging)
        for holdout, facts in sealed.values():
            _make_current(judge, holdout, facts)
        place, made = judge.event.public / challenge.id, [path for path in staging.rglob("*") if path.is_file()]
        copies.share(judge.event, {place / path.relative_to(staging): path for path in made})


def _make_current(judge: Judge, holdout: Holdout, facts: dict) -> None:
    """Commit to a track's first holdout and let it be judged on; later only `rescoring.switch` changes that."""
    with judge.store.write() as session:
        if accepted(session, holdout.track):
            raise EventError(f"files were sent to {holdout.track} already: its holdout changes by rescoring alone")
        judge.commit(session, holdout, secret=facts["secret"], note=facts["source"])
        state = session.get(TrackState, holdout.track)
        if state is None:
            state = TrackState(name=holdout.track)
            session.add(state)
        state.holdout = holdout.digest  # else preparing this track was broken off before
        state.step = worth.finest_step_of(judge.event, holdout)


def _write_public(
    judge: Judge,
    challenge: Challenge,
    track: Track,
    public: PublicData,
    holdout: Dataset,
    recorded: Recordings | None,
    facts: dict,
) -> Holdout:
    """Write the test features, the format and the facts of a track; return its answers, to be sealed."""
    name = challenge.full_name(track)
    rng = np.random.default_rng(np.random.SeedSequence(judge.vault.seed(f"slices {name}"), pool_size=8))
    fractions = {slice_name: part.fraction for slice_name, part in track.slices.items()}
    slices = assign_slices(holdout.groups, fractions, rng)
    rows, weights = recordings.joined(holdout, recorded)
    slices = np.concatenate([slices, np.full(len(rows) - len(holdout), OBSERVED)])
    ids = opaque_ids(judge.vault.derive("ids"), name, len(rows))
    order = np.argsort(ids)
    ids, rows, weights, slices = ids[order], rows.take(order), weights[order], slices[order]
    files.write_test(public.folder, ids, rows.features)
    public.format_file.write_text(json.dumps(format_of(challenge, track, ids).to_json()), "utf-8")
    answers = Holdout(
        track=name,
        metric=str(METRICS[track.metric]),
        features_sha256=hashlib.sha256(public.test.read_bytes()).hexdigest(),
        ids=ids,
        targets=answers_table(rows.targets, track.targets),
        groups=rows.groups,
        weights=weights,
        slices=slices,
        salts=fresh_salts([*fractions, *([OBSERVED] if recorded else [])]),
        variance=_training_variances(track, public),
    )
    facts["practice"] = worth.only_practice(judge.event, answers)
    facts["luck"] = worth.luck(judge.event, track, answers)
    facts["gap"] = worth.gap(track, answers)
    facts |= {
        "holdout_rows": len(rows),
        "features_sha256": answers.features_sha256,
        "commitments": answers.commitments,
    }
    public.facts_file.write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
    return answers


def _training_variances(track: Track, public: PublicData) -> dict[str, tuple[float, ...]]:
    """Return the variance of each target over all labelled rows, for the metrics that count errors in it."""
    metrics = [name for name in (track.metric, *track.also) if METRICS[name].kind == "scaled numbers"]
    if not metrics:
        return {}
    targets = files.read_all_labelled(public.folder, track.targets).targets
    return training_variances(metrics, as_table(targets).to_numpy())
