"""A field for corrections of labels: the browser encrypts the file to the vault's public key; no label leaves it."""

from dataclasses import dataclass
from pathlib import Path

from streamlit.components.v2 import component

from leaderboard.site.upload import HTML, megabytes

HERE = Path(__file__)
LARGEST = 2**22
"""Bytes of a file of corrections."""

LARGEST_SEALED = 2 * LARGEST
"""Characters of one that is encrypted: it is base64 twice."""

_field = component(
    "physathon_corrections",
    html=HTML.replace("Sent so far", "Encrypted so far"),
    css=HERE.with_name("upload.css").read_text("utf-8"),
    js=HERE.with_suffix(".js").read_text("utf-8"),
)


@dataclass(frozen=True)
class Sealed:
    """A file of corrections, as the web may have it: its name, and what the vault alone can open."""

    name: str
    text: str


def sealed_corrections(key: str, public: bytes, *, instead: str) -> Sealed | None:
    """Draw the field; return what it holds, once it is encrypted.

    Parameters
    ----------
    key : str
        Of the field.
    public : bytes
        The vault's public key.
    instead : str
        The command that does the same, for who came without https.
    """
    state = _field(
        key=key,
        data={
            "label": "Corrections (CSV with id and the right answers; images as npy)",
            "key": public.hex(),
            "limit": LARGEST,
            "rule": f"no corrections have more than {megabytes(LARGEST)}.",
            "instead": instead,
        },
        on_sealed_change=lambda: None,
    )
    found = state.sealed
    if not isinstance(found, dict):
        return None
    name, text = found.get("name"), found.get("text")
    is_one = isinstance(name, str) and isinstance(text, str) and len(text) <= LARGEST_SEALED
    return Sealed(name[:200], text) if is_one else None
