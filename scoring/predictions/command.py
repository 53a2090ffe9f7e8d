"""What ``python check.py FILE`` in a starter kit does."""

import argparse
import json
import sys
from pathlib import Path

from . import Format, PredictionFileError, check


def main(folder: Path, arguments: list[str] | None = None) -> int:
    """Check one file against the formats that lie in a folder; return 0 if good, 1 if not, 2 for misuse."""
    parser = argparse.ArgumentParser(description="Check a prediction file: the same check that the server makes.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--track", help="which track the file is for, if there are several")
    options = parser.parse_args(arguments)
    try:
        files = [*folder.glob("format.json"), *sorted(folder.glob("*/format.json"))]
        documents = [json.loads(path.read_text("utf-8")) for path in files]
        formats = {format.track: format for format in map(Format.from_json, documents)}
        track = options.track or (next(iter(formats)) if len(formats) == 1 else None)
        if track not in formats:
            parser.error(f"say --track, one of those with a format.json in {folder}: {sorted(formats)}")
        predictions = check(options.file, formats[track])
    except PredictionFileError as error:
        print(f"{options.file} cannot be scored:\n{error}")
        return 1
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"OK: {formats[track].name}, {len(predictions.values):,} rows, sha256 {predictions.sha256}")
    return 0
