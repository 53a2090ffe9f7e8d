"""Fills an event with a challenge's data: simulate or ingest, split, seal, and write what is public."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from challenges import loading
from challenges.dataset import Dataset
from challenges.spec import Challenge
from leaderboard.event import EventError
from leaderboard.judging import Judge
from leaderboard.public import PublicData
from scoring.holdout import Holdout, assign_slices, fresh_salts, opaque_ids
from scoring.metrics import METRICS
from scoring.predictions import Format, id_text

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
    both = pd.concat([train.features, holdout.features])
    repeated = int(both.duplicated().sum())
    if repeated:
        raise EventError(f"{repeated} simulated rows of {challenge_id} occur twice: expected every row once")
    facts = {
        "source": f"simulated, training seed {event.config.train_seed}",
        "train_rows": len(train),
        "secret": secret,
    }

    def write_train(path: Path) -> None:
        pd.concat([train.features, train.targets], axis=1).to_parquet(path, index=False)

    return _fill(judge, challenge, holdout, write_train, facts)


def ingest(judge: Judge, challenge_id: str, source: Path, *, progress: Progress = _quiet) -> PublicData:
    """Take a challenge's real data file and split its customary holdout off; its labels are public, so not secret.

    Raises
    ------
    EventError
        If the challenge has data already.
    challenges.loading.DataFileError
        If the file is not what the challenge's real data look like.
    """
    challenge = _needs_data(judge, challenge_id, "real")
    data = challenge.module("data")
    work = judge.event.public / f".{challenge_id}.reading"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        everything, train = work / "everything.parquet", work / "train.parquet"
        data.stream_to_parquet(
            source, everything, progress=lambda done, total: progress(f"reading {source.name}", done, total)
        )
        split = data.split_off_holdout(everything, train)
        facts = {
            "source": f"real data, {source.name}",
            "train_rows": split.train_rows,
            "duplicates_dropped": split.duplicates,
            "secret": False,
        }
        return _fill(judge, challenge, split.holdout, lambda path: train.rename(path), facts)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def fetch(judge: Judge, challenge_id: str, cache: Path, *, progress: Progress = _quiet) -> PublicData:
    """Download a challenge's real data by its manifest, checked against their SHA-256, then ingest them."""
    challenge = _needs_data(judge, challenge_id, "real")
    (file,) = loading.Manifest.read(challenge.manifest).files
    source = loading.fetch(file, cache, progress=lambda done, total: progress(f"downloading {file.name}", done, total))
    return ingest(judge, challenge_id, source, progress=progress)


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
    judge: Judge, challenge: Challenge, holdout: Dataset, write_train: Callable[[Path], None], facts: dict
) -> PublicData:
    """Write the public files into a staging folder, seal the holdout, then move the folder into place."""
    staging = judge.event.public / f".{challenge.id}.partial"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        public = PublicData(staging)
        write_train(public.train)
        ids = opaque_ids(judge.vault.derive("ids"), challenge.id, len(holdout))
        order = np.argsort(ids)
        ids, holdout = ids[order], holdout.take(order)
        holdout.features.assign(id=id_text(ids))[["id", *holdout.features]].to_parquet(public.test, index=False)
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
