"""The words of a DOCX, tracked changes accepted: whatever else holds words is read, or named as not read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from challenges.dataset import DataFileError
from challenges.renaissance.extra import library

LETTERS = {"tab": " ", "ptab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
THROUGH = {
    "r", "hyperlink", "smartTag", "customXml", "sdt", "sdtContent", "fldSimple", "dir", "bdo", "ins", "moveTo", "tbl",
}  # fmt: skip
"""Elements whose words belong to the text around them."""

DROPPED = {"del", "moveFrom"}
"""Elements that are gone once all changes are accepted."""

UNREAD = {
    "footnoteReference": "a footnote", "endnoteReference": "an endnote", "sym": "a symbol of a font",
    "object": "an embedded object", "altChunk": "an inserted file", "subDoc": "an inserted file",
}  # fmt: skip
"""Elements that stand for words which lie elsewhere."""

WITH_WORDS = {
    "drawing": "a text box or drawing", "pict": "a text box or drawing", "AlternateContent": "a text box or drawing",
    "oMath": "a formula", "oMathPara": "a formula", "ruby": "a text with a gloss above it",
}  # fmt: skip
"""How elements are called that are not read if there are words in them; others go by their own names."""


class TranscriptionError(DataFileError):
    """A DOCX that cannot be opened, does not say which lines belong to which page, or holds words that are not read."""


class Line(NamedTuple):
    """A line as it ends in Word: by a line break, a page break, or with its paragraph.

    Attributes
    ----------
    text : str
    unread : tuple of str
        What stands in it and is not read.
    """

    text: str
    unread: tuple[str, ...]


class _Unread(NamedTuple):
    what: str


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the lines of a DOCX, those of its tables and content controls too.

    Insertions are read and deletions are not, as if every tracked change had been accepted. Remarks in the margin, and
    what Word repeats at the head and foot of its own pages, are no part of the text.

    Raises
    ------
    TranscriptionError
        If it is no DOCX, or damaged.
    """
    docx = library("docx")
    try:
        document = docx.Document(str(path))
        body, numbered = document.element.body, _numbered_styles(document.styles.element)
        pieces = list(_pieces(body, numbered))
    except Exception as error:  # A package of XML files: what a broken one raises is nowhere listed.
        raise TranscriptionError(f"{path}: expected a Word file (DOCX) that can be opened, got {error!r}") from error
    text, unread = "", []
    for piece in pieces:
        if isinstance(piece, _Unread):
            unread.append(piece.what)
            continue
        *before, text = (text + piece).split("\n")
        for line in before:
            yield Line(line, tuple(unread))
            unread = []
    yield Line(text, tuple(unread))


def _pieces(element: Any, numbered: set[str]) -> Iterator[str | _Unread]:
    """Yield the words of what lies in an element, in their order, and what cannot be read."""
    for child in element.iterchildren("*"):
        name = _name(child)
        if name == "t":
            yield child.text or ""
        elif name in LETTERS:
            yield LETTERS[name]
        elif name == "p":
            if _is_numbered(child, numbered):
                yield _Unread("the number or bullet of a list")
            yield from _pieces(child, numbered)
            # Once the end of a paragraph is deleted, the next one goes on in the same line.
            if not _has(child, "pPr/rPr/del") and not _has(child, "pPr/rPr/moveFrom"):
                yield "\n"
        elif name == "tr":
            yield from _row(child, numbered)
        elif name in THROUGH:
            yield from _pieces(child, numbered)
        elif name in UNREAD:
            yield _Unread(UNREAD[name])
        elif name not in DROPPED and (words := _words(child)):
            yield _Unread(f"{WITH_WORDS.get(name, f'an element {name}')}: {words!r}")


def _row(row: Any, numbered: set[str]) -> Iterator[str | _Unread]:
    """Yield the words of a table's row; of several cells nobody knows in which order a page has them."""
    if _has(row, "trPr/del"):
        return
    cells = [cell for cell in row.iter("{*}tc") if not _has(cell, "tcPr/cellDel")]
    nested = [cell for cell in cells if any(other in cells for other in cell.iterancestors("{*}tc"))]
    found = [list(_pieces(cell, numbered)) for cell in cells if cell not in nested]
    filled = [cell for cell in found if any(isinstance(piece, _Unread) or piece.strip() for piece in cell)]
    if len(filled) > 1:
        words = " | ".join("".join(piece for piece in cell if isinstance(piece, str)).strip() for cell in filled)
        yield _Unread(f"a table's row of several cells: {words[:60]!r}")
    for cell in filled:
        yield from cell


def _words(element: Any) -> str:
    """Return the beginning of what is written anywhere in an element."""
    texts = [part.text or "" for part in element.iter("{*}t")]
    texts += [part.get("string", "") for part in element.iter("{*}textpath")]
    return " ".join(" ".join(texts).split())[:60]


def _numbered_styles(styles: Any) -> set[str]:
    """Return the names of the styles whose paragraphs Word numbers or marks by a bullet."""
    based_on = {_value(style, "."): _value(style, "basedOn") for style in styles.iter("{*}style")}
    found = {
        _value(style, ".") for style in styles.iter("{*}style") if _value(style, "pPr/numPr/numId") not in ("", "0")
    }
    while more := {style for style, base in based_on.items() if base in found and style not in found}:
        found |= more
    return found


def _is_numbered(paragraph: Any, numbered: set[str]) -> bool:
    own = _value(paragraph, "pPr/numPr/numId")
    return own != "0" if own else _value(paragraph, "pPr/pStyle") in numbered


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2]


def _has(element: Any, path: str) -> bool:
    return element.find("/".join(f"{{*}}{name}" for name in path.split("/"))) is not None


def _value(element: Any, path: str) -> str:
    """Return the ``val`` of what lies at a path, or of a style its id; an empty text where there is none."""
    found = element if path == "." else element.find("/".join(f"{{*}}{name}" for name in path.split("/")))
    attributes = {} if found is None else {name.rpartition("}")[2]: value for name, value in found.attrib.items()}
    return attributes.get("styleId" if path == "." else "val", "")
