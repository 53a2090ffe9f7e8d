"""What a kit says of its data to programs: croissant.json, after MLCommons Croissant 1.0."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from challenges import arrays
from challenges.spec import Challenge
from leaderboard.event import Event
from leaderboard.kit import licence
from leaderboard.public import files

FORMATS = {
    ".csv": "text/csv",
    ".h5": "application/x-hdf5",
    ".npy": "application/octet-stream",
    ".parquet": "application/x-parquet",
}
"""The media types of data files, by the ends of their names, as mlcroissant has them."""


@dataclass(frozen=True)
class DataFile:
    """A file of data in a kit: its name there, what is in it, and where it was read from if that is a public file."""

    name: str
    size: int
    sha256: str
    source: Path | None = None

    @classmethod
    def of(cls, name: str, content: bytes | Path) -> "DataFile":
        """Describe a file that goes into a kit under a name."""
        if isinstance(content, bytes):
            return cls(name, len(content), hashlib.sha256(content).hexdigest())
        with content.open("rb") as file:
            return cls(name, content.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest(), content)


def croissant(event: Event, challenge: Challenge, data: Iterable[DataFile]) -> bytes:
    """Return a kit's Croissant document: each data file with its size and SHA-256, and the columns of each table.

    The arrays in HDF5, which Croissant has no words for, are told in the file's description.

    Parameters
    ----------
    event : Event
    challenge : Challenge
    data : iterable of DataFile
    """
    data = list(data)
    tables = [one for one in data if one.source and files.is_table(one.source)]
    manifest = json.loads(challenge.manifest.read_text("utf-8"))
    document = {
        "@context": manifest["@context"],
        "@type": "sc:Dataset",
        "name": challenge.id,
        "conformsTo": manifest["conformsTo"],
        "description": f"{challenge.title}, data of {event.config.name}. {challenge.summary}",
        "license": licence.address(event, challenge),
        "url": event.config.public_url or manifest["url"],
        "version": f"{challenge.version}.0.0",
        "creator": {"@type": "sc:Organization", "name": "the physathon authors"},
        "datePublished": event.config.out_at(challenge.id).date().isoformat(),
        "citeAs": challenge.citation,
        "distribution": [_file(one) for one in data],
        "recordSet": [_records(one) for one in tables],
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _file(one: DataFile) -> dict:
    told = {
        "@type": "cr:FileObject",
        "@id": one.name,
        "name": one.name,
        "contentUrl": one.name,
        "contentSize": f"{one.size} B",
        "encodingFormat": FORMATS[Path(one.name).suffix],
        "sha256": one.sha256,
    }
    if one.source and not files.is_table(one.source):
        kinds = arrays.kinds(one.source)
        told["description"] = "HDF5: " + ", ".join(f"{name} {dtype} {shape}" for name, (shape, dtype) in kinds.items())
    return told


def _records(table: DataFile) -> dict:
    name = table.name.removesuffix(files.TABLE)
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{field.name}",
                "name": f"{name}/{field.name}",
                "dataType": _type(field.type),
                "source": {"fileObject": {"@id": table.name}, "extract": {"column": field.name}},
            }
            for field in pq.read_schema(table.source)
        ],
    }


def _type(type: pa.DataType) -> str:
    """Return what Croissant calls the type of a column; bytes in a table are pictures."""
    if pa.types.is_boolean(type):
        return "sc:Boolean"
    if pa.types.is_integer(type):
        return "sc:Integer"
    if pa.types.is_floating(type):
        return "sc:Float"
    return "sc:ImageObject" if pa.types.is_binary(type) else "sc:Text"
