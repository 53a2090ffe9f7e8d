"""What a manifest says about the real files of a challenge."""

import json
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from challenges.dataset import DataFileError


class ManifestError(DataFileError):
    """A manifest that is not Croissant, or lacks what a download needs."""


def _bytes(text: object) -> object:
    """Read Croissant's contentSize: a number of bytes, with or without its unit."""
    return text.removesuffix("B").strip() if isinstance(text, str) else text


class RemoteFile(BaseModel):
    """One file of a manifest: where it is, how long it is, and the checksum that says it is the right one."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    url: str = Field(alias="contentUrl", pattern=r"^https?://")
    size: Annotated[int, BeforeValidator(_bytes)] = Field(alias="contentSize", gt=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    encoding_format: str = Field(alias="encodingFormat")


def _files(distribution: object) -> object:
    """Leave out what is found inside another file: there is nothing to fetch."""
    if not isinstance(distribution, list):
        return distribution
    return [part for part in distribution if not (isinstance(part, dict) and "containedIn" in part)]


class Source(BaseModel):
    """A file of which nobody has published a checksum: where people find it."""

    model_config = ConfigDict(frozen=True)

    name: str
    url: str = Field(alias="contentUrl", pattern=r"^https?://")


class Manifest(BaseModel):
    """What a Croissant file says about a data set, as far as fetching and citing it goes.

    Attributes
    ----------
    name, licence, citation : str
        The data set, the address of its licence, and the paper to cite.
    files : tuple of RemoteFile
        What is to be fetched.
    unverified : tuple of Source
        What is not, for want of a checksum; read from ``isBasedOn``.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    licence: str = Field(alias="license")
    citation: str = Field(alias="citeAs")
    files: Annotated[tuple[RemoteFile, ...], BeforeValidator(_files)] = Field((), alias="distribution")
    unverified: tuple[Source, ...] = Field((), alias="isBasedOn")

    @model_validator(mode="after")
    def _names_a_file(self) -> "Manifest":
        if not self.files and not self.unverified:
            raise ValueError("expected at least one file in distribution or isBasedOn, got none")
        return self

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """Read a manifest.

        Raises
        ------
        ManifestError
            If it is not JSON, or a key that a download needs is missing or wrong; the message names the key.

        Examples
        --------
        >>> from challenges.spec import MANIFESTS
        >>> Manifest.read(MANIFESTS / "higgs.json").files[0].name
        'HIGGS.csv.gz'
        """
        try:
            return cls.model_validate(json.loads(path.read_text("utf-8")))
        except (UnicodeDecodeError, json.JSONDecodeError, ValidationError) as error:
            raise ManifestError(f"{path}: {error}") from error
