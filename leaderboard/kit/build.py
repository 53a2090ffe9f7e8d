"""Builds starter kits: one zip that stands alone, made of public files only."""

import io
import shutil
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

import scoring.predictions
from challenges.files import written_whole
from challenges.spec import Challenge, Track
from leaderboard.event import Event, EventError
from leaderboard.kit import licence, readme, this_challenge
from leaderboard.kit.croissant import DataFile, croissant
from leaderboard.kit.event_file import KEY, event_file, fingerprint_of
from leaderboard.kit.layout import LONG_AGO, folder_of, sample_name
from leaderboard.kit.starters import starter_files
from leaderboard.public import files
from leaderboard.public.data import PublicData, kit_file, public_data
from leaderboard.store import copies
from scoring.predictions import Format, id_text

CSV_ROWS = 1_000_000
"""Larger tables go into the kit as Parquet alone."""

REQUIREMENTS = (
    "numpy>=2,<3",
    "pandas>=2.2,<4",
    "pyarrow>=17",
    "scipy>=1.13,<2",
    "scikit-learn>=1.5,<2",
    "matplotlib>=3.9,<4",
    "h5py>=3.11,<4",
)
"""What starters and notebooks were run with, at either end; Python 3.10 is the oldest."""

Contents = dict[str, tuple[bytes | Path, int]]
"""What goes into a kit, by its name there: bytes or a file, and how it is compressed."""

CLIENT = Path(__file__).with_name("submit.py")
"""How a team takes part from a terminal; it needs nothing of ours."""

CHECK = b'''"""Check a prediction file: the very check that the upload meets."""

import sys
from pathlib import Path

from checker.command import main

sys.exit(main(Path(__file__).parent))
'''


def build_kit(event: Event, challenge_id: str) -> Path:
    """Write a challenge's kit and return its path; the same public files give the same bytes.

    The files of a challenge with several tracks lie in a folder for each. Tracks without data are left out.

    Raises
    ------
    EventError
        If the challenge has no data yet, or the event no key to sign receipts with.
    """
    challenge = event.challenge(challenge_id)
    public = {track.id: public_data(event, challenge.full_name(track)) for track in event.tracks_of(challenge)}
    path = kit_file(event, challenge_id)
    at_most = 3 * sum(file.stat().st_size for data in public.values() for file in data.folder.iterdir())
    facts = {track: data.facts() for track, data in public.items()}
    # Two may build at once: each writes a file of its own, the later one stays.
    with written_whole(path, at_most) as partial:
        with _zip_by_name(partial) as kit:
            described = [
                one for track, data in public.items() for one in _add_data(kit, challenge, challenge.track(track), data)
            ]
            _add(kit, challenge, "croissant.json", croissant(event, challenge, described))
            for example in sorted(challenge.folder.glob("*.qasm")):
                _add(kit, challenge, example.name, example)
            _add_programs(kit, challenge)
            key = _public_key(event)
            _add(kit, challenge, KEY, key)
            names = [challenge.full_name(challenge.track(track)) for track in public]
            _add(kit, challenge, "event.json", event_file(event, names, key))
            _add(kit, challenge, "LICENSE", licence.licence(event, challenge, facts).encode())
            _add(kit, challenge, "CITATION.cff", licence.citation(event, challenge).encode())
            about, figures = this_challenge.about_with_figures(challenge)
            text = readme.text(event, challenge, public, fingerprint_of(key), about)
            _add(kit, challenge, "README.md", text.encode())
            for figure in figures:
                _add(kit, challenge, figure.name, figure, zipfile.ZIP_STORED)
        copies.share(event, {path: partial})
    return path


def _public_key(event: Event) -> bytes:
    try:
        return (event.public / KEY).read_bytes()
    except FileNotFoundError:
        raise EventError(f"public/{KEY} is missing: `physathon serve` makes the key of receipts") from None


def _add_programs(kit: Contents, challenge: Challenge) -> None:
    """Add what is the same in every kit: the check, the client, and what starters need."""
    _add(kit, challenge, "check.py", CHECK)
    for module in sorted(Path(scoring.predictions.__file__).parent.glob("*.py")):
        _add(kit, challenge, f"checker/{module.name}", module)
    _add(kit, challenge, CLIENT.name, CLIENT)
    _add(kit, challenge, "requirements.txt", ("\n".join(REQUIREMENTS) + "\n").encode())


def _add_data(kit: Contents, challenge: Challenge, track: Track, public: PublicData) -> list[DataFile]:
    """Add the files of a track; return which of them are data."""
    place, data = folder_of(challenge, track), []

    def add(name: str, content: bytes | Path, how: int = zipfile.ZIP_DEFLATED) -> None:
        _add(kit, challenge, f"{place}{name}", content, how)
        data.append(DataFile.of(f"{place}{name}", content))

    for path in filter(None, (public.train, public.validation, public.test)):
        add(path.name, path, zipfile.ZIP_STORED)
        if files.is_table(path) and pq.read_metadata(path).num_rows <= CSV_ROWS:
            add(f"{path.stem}.csv", csv_of(path))
    add(sample_name(track), sample_of(public.format(), track))
    for name, content in starter_files(challenge, track).items():
        _add(kit, challenge, f"{place}{name}", content)
    _add(kit, challenge, f"{place}{public.format_file.name}", public.format_file)
    _add(kit, challenge, f"{place}{public.facts_file.name}", public.facts_file)
    return data


def _add(
    kit: Contents, challenge: Challenge, name: str, content: bytes | Path, how: int = zipfile.ZIP_DEFLATED
) -> None:
    kit[f"{challenge.id}/{name}"] = content, how


@contextmanager
def _zip_by_name(path: Path) -> Generator[Contents]:
    """Collect what goes into an archive, then write it in the order of the names, which carries nothing."""
    contents: Contents = {}
    yield contents
    with zipfile.ZipFile(path, "w", compresslevel=6) as kit:
        for name, (content, how) in sorted(contents.items()):
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.compress_type = how
            entry.external_attr = 0o644 << 16
            with (
                io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as source,
                kit.open(entry, "w", force_zip64=True) as target,
            ):
                shutil.copyfileobj(source, target, 2**20)


def csv_of(path: Path) -> bytes:
    """Return a table as CSV, without columns of bytes, which no CSV can hold."""
    table = pq.read_table(path)
    table = table.select([field.name for field in table.schema if not pa.types.is_binary(field.type)])
    text = io.BytesIO()
    pyarrow.csv.write_csv(table, text, pyarrow.csv.WriteOptions(quoting_style="needed"))
    return text.getvalue()


def sample_of(format: Format, track: Track) -> bytes:
    """Return the sample submission of a track: every answer is the one that its challenge.toml names."""
    ids = format.ids
    values = np.full((len(ids), *(track.shape or (len(track.columns),))), track.sample)
    return files.predictions(id_text(ids), values, track)
