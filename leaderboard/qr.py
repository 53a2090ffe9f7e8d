"""QR codes: an address that a phone reads from a screen, a projector or a sheet of paper."""

import io

import segno

AROUND = 4
"""Modules of light around a code, as its standard asks for: dark pages have none of their own."""


def as_text(address: str) -> str:
    """Return a QR code in blocks of light, to be printed white on black whatever a terminal's own colours.

    Examples
    --------
    >>> lines = as_text("https://hackathon.example.org/join").splitlines()
    >>> len(lines), len({len(line) for line in lines})
    (19, 1)
    """
    written = io.StringIO()
    _code(address).terminal(written, border=AROUND, compact=True)
    return written.getvalue()


def as_svg(address: str) -> str:
    """Return a QR code as an SVG element that takes the width that it is given.

    Examples
    --------
    >>> as_svg("https://hackathon.example.org/join")[:41]
    '<svg viewBox="0 0 37 37" class="segno"><p'
    """
    return _code(address).svg_inline(border=AROUND, light="#fff", omitsize=True)


def as_file(address: str) -> bytes:
    """Return a QR code as the content of an SVG file.

    Examples
    --------
    >>> as_file("https://hackathon.example.org/join")[:19]
    b'<?xml version="1.0"'
    """
    written = io.BytesIO()
    _code(address).save(written, kind="svg", border=AROUND, light="#fff", scale=10)
    return written.getvalue()


def as_picture(address: str) -> str:
    """Return a QR code as the address of a picture: pages strip SVG elements, and show this.

    Examples
    --------
    >>> as_picture("https://hackathon.example.org/join")[:24]
    'data:image/svg+xml;chars'
    """
    return _code(address).svg_data_uri(border=AROUND, light="#fff", scale=4)


def _code(address: str) -> segno.QRCode:
    return segno.make(address, error="m", micro=False)
