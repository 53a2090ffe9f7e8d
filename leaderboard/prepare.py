"""Fills an event with a challenge's data: simulate or ingest, split, seal, and write what is public."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from challenges import loading
from challenges.dataset import Dataset
from challenges.spec import Challenge
from challenges.training import split_public
from leaderboard import data_files
from leaderboard.event import EventError
from leaderboard.judging import Judge
from leaderboard.public import PublicData
from scoring.holdout import Holdout, assign_slices, fresh_salts, opaque_ids
from scoring.metrics import METRICS
from scoring.predictions import Format

Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, how much of it is done, and how much there is (None where nobody knows)."""


def _quiet(what: str, done: int, total: int | None) -> None:
    pass


def simulate(
    judge: Judge, challenge_id: str, *, holdout_seed: int | None = None, progress: Progress = _quiet
) -> PublicData:
    """Simulate a challenge's training data and its sealed holdout.

    Parameters
    ----------
    judge : Judge
    challenge_id : str
    holdout_seed : int, optional
        For tests: with a seed that is known, the holdout is marked "not secret". By default 256 secret bits from the
        vault, unrelated to the training seed.
    progress : callable

    Raises
    ------
    EventError
        If the challenge has data already, or a simulated event is found in both training data and holdout.
    """
    event = judge.event
    challenge = _needs_data(judge, challenge_id, "simulated")
    size = challenge.sizes[event.config.size]
    make = challenge.module("simulate").simulate
    secret = holdout_seed is None
    seed = judge.vault.seed(f"holdout {challenge_id}") if secret else holdout_seed
    train = make(
        size.train, event.config.train_seed, progress=lambda done, total: progress("training data", done, total)
    )
    holdout = make(size.holdout, seed, progress=lambda done, total: progress("holdout", done, total))
    repeated = data_files.count_repeated(train.features, holdout.features)
    if repeated:
        raise EventError(f"{repeated} simulated rows of {challenge_id} occur twice: expected every row once")
    labelled = {"train": train}
    if challenge.training:
        labelled = split_public(train, challenge.training, seed=event.config.train_seed)._asdict()
    facts = {
        "source": f"simulated, training seed {event.config.train_seed}",
        **{f"{name}_rows": len(part) for name, part in labelled.items()},
        "secret": secret,
    }

    def write(folder: Path) -> None:
        for name, part in labelled.items():
            data_files.write_labelled(folder, name, part)

    return _fill(judge, challenge, holdout, write, facts)


def ingest(judge: Judge, challenge_id: str, *sources: Path, progress: Progress = _quiet) -> PublicData:
    """Take a challenge's real data files and split a holdout off; their labels are public, so it is not secret.

    Raises
    ------
    EventError
        If the challenge has data already.
    challenges.loading.DataFileError
        If the files are not what the challenge's real data look like.
    """
    challenge = _needs_data(judge, challenge_id, "real")
    names = ", ".join(source.name for source in sources)
    work = judge.event.public / f".{challenge_id}.reading"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        split = challenge.module("data").ingest(
            sources, work, progress=lambda done, total: progress(f"reading {names}", done, total)
        )
        facts = {
            "source": f"real data, {names}",
            "train_rows": split.train_rows,
            "duplicates_dropped": split.duplicates,
            "secret": False,
        }

        def move(folder: Path) -> None:
            for path in (data_files.find(work, name) for name in ("train", "validation")):
                if path.exists():
                    path.rename(folder / path.name)

        return _fill(judge, challenge, split.holdout, move, facts)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def fetch(judge: Judge, challenge_id: str, cache: Path, *, progress: Progress = _quiet) -> PublicData:
    """Download a challenge's real data by its manifest, checked against their SHA-256, then ingest them."""
    challenge = _needs_data(judge, challenge_id, "real")
    manifest = loading.Manifest.read(challenge.manifest)
    if manifest.unverified:
        addresses = ", ".join(source.url for source in manifest.unverified)
        raise EventError(
            f"nobody has published checksums of {challenge_id}'s real files, so they are not fetched unasked: download "
            f"{addresses} yourself and name the files with `physathon init --source real --file {challenge_id}=PATH`"
        )
    sources = [
        loading.fetch(
            file, cache, progress=lambda done, total, file=file: progress(f"downloading {file.name}", done, total)
        )
        for file in manifest.files
    ]
    return ingest(judge, challenge_id, *sources, progress=progress)


def _needs_data(judge: Judge, challenge_id: str, source: str) -> Challenge:
    challenge = judge.event.challenge(challenge_id)
    if judge.event.config.source != source:
        raise EventError(
            f"this event is for {judge.event.config.source} data, not for {source} ones: see its event.toml"
        )
    if (judge.event.public / challenge_id).exists():
        raise EventError(f"{challenge_id} has its data already; a new holdout wants a new event")
    return challenge


def _fill(
    judge: Judge, challenge: Challenge, holdout: Dataset, write_labelled: Callable[[Path], None], facts: dict
) -> PublicData:
    """Write the public files into a staging folder, seal the holdout, then move the folder into place."""
    staging = judge.event.public / f".{challenge.id}.partial"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        public = PublicData(staging)
        write_labelled(staging)
        ids = opaque_ids(judge.vault.derive("ids"), challenge.id, len(holdout))
        order = np.argsort(ids)
        ids, holdout = ids[order], holdout.take(order)
        data_files.write_test(staging, ids, holdout.features)
        sealed = [_sealed(judge, challenge, track, ids, holdout, public.test) for track in challenge.tracks]
        for track in challenge.tracks:
            document = Format(challenge.id, track.id, track.columns, ids).to_json()
            public.format_file(track.id).write_text(json.dumps(document), "utf-8")
        facts |= {
            "holdout_rows": len(holdout),
            "features_sha256": sealed[0].features_sha256,
            "commitments": {one.track: one.commitments for one in sealed},
        }
        (staging / "facts.json").write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
        for one in sealed:
            judge.adopt(one, secret=facts["secret"], note=facts["source"])
        final = judge.event.public / challenge.id
        staging.rename(final)
        return PublicData(final)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _sealed(judge: Judge, challenge: Challenge, track, ids: np.ndarray, holdout: Dataset, test: Path) -> Holdout:
    name = f"{challenge.id}.{track.id}"
    rng = np.random.default_rng(np.random.SeedSequence(judge.vault.seed(f"slices {name}"), pool_size=8))
    fractions = {slice_name: part.fraction for slice_name, part in track.slices.items()}
    return Holdout(
        track=name,
        metric=str(METRICS[track.metric]),
        features_sha256=hashlib.sha256(test.read_bytes()).hexdigest(),
        ids=ids,
        targets=holdout.targets[[track.target]],
        groups=holdout.groups,
        weights=np.ones(len(ids)),
        slices=assign_slices(holdout.groups, fractions, rng),
        salts=fresh_salts(fractions),
    )
