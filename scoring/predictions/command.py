"""What ``python check.py FILE`` in a starter kit does."""

import argparse
import json
import sys
from pathlib import Path

from . import Format, PredictionFileError, check
from .problems import naming_track


def main(folder: Path, arguments: list[str] | None = None) -> int:
    """Check one file against the formats that lie in a folder; return 0 if good, 1 if not, 2 for misuse."""
    parser = argparse.ArgumentParser(description="Check a prediction file: the same check that the server makes.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--track", help="which track the file is for, unless it lies in the track's folder")
    options = parser.parse_args(arguments)
    formats: dict[Path, Format] = {}
    try:
        paths = [*folder.glob("format.json"), *sorted(folder.glob("*/format.json"))]
        formats = {path.resolve().parent: Format.from_json(json.loads(path.read_text("utf-8"))) for path in paths}
        chosen = [
            format
            for place, format in formats.items()
            if (format.track == options.track if options.track else len(formats) == 1 or place == _folder(options.file))
        ]
        if len(chosen) != 1:
            tracks = sorted(format.track for format in formats.values())
            parser.error(f"say --track, one of those with a format.json in {folder}: {tracks}")
        predictions = check(options.file, chosen[0])
    except PredictionFileError as error:
        print(f"{options.file} cannot be scored:\n{naming_track(error, formats.values())}")
        return 1
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"OK: {chosen[0].name}, {len(predictions.values):,} rows, sha256 {predictions.sha256}")
    return 0


def _folder(file: Path) -> Path:
    return file.resolve().parent
