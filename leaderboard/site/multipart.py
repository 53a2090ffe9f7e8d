"""A form with one file in it, as ``curl -F file=@FILE`` sends it, read as it comes: never in memory."""

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

ENVELOPE = 2**13
"""Bytes that a form may have beside its file."""

WAY_OUT = "send the file itself (curl --data-binary @FILE), or a form with it alone (curl -F file=@FILE)"

_BYTES = {"type": "string", "format": "binary"}
_FORM = {"type": "object", "required": ["file"], "properties": {"file": _BYTES}}
DESCRIBED = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": _BYTES}, "multipart/form-data": {"schema": _FORM}},
    }
}
"""What an API's own description says of a file that is sent to it, either way."""


class FormRefused(ValueError):
    """A form that is not one file."""

    def __init__(self, got: str) -> None:
        super().__init__(f"expected exactly one file in the form, got {got}: {WAY_OUT}")


class OneFile:
    """The file in a form, found as the form comes.

    Parameters
    ----------
    boundary : bytes
        What stands between the form's parts.

    Examples
    --------
    >>> form = OneFile(b"x")
    >>> form.write(b'--x\\r\\nContent-Disposition: form-data; name="file"; filename="a.csv"\\r\\n\\r\\nid,sc')
    b'id,sc'
    >>> form.write(b"ore\\r\\n--x--\\r\\n"), form.end()
    (b'ore', None)
    """

    def __init__(self, boundary: bytes) -> None:
        self._parts, self._ended, self._header, self._found = 0, False, b"", bytearray()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part,
                "on_header_field": self._named,
                "on_header_value": self._named,
                "on_headers_finished": self._must_be_a_file,
                "on_part_data": self._data,
                "on_end": self._end,
            },
        )

    def write(self, data: bytes) -> bytes:
        """Return what of the file is in some more bytes of the form.

        Raises
        ------
        FormRefused
            If the form is no form, or not one file.
        """
        self._found = bytearray()
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise FormRefused("no form that could be read") from error
        return bytes(self._found)

    def end(self) -> None:
        """Raise FormRefused unless the form is whole."""
        if not self._parts:
            raise FormRefused("none")
        if not self._ended:
            raise FormRefused("a form that broke off")

    def _part(self) -> None:
        self._parts, self._header = self._parts + 1, b""
        if self._parts > 1:
            raise FormRefused("several parts")

    def _named(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _must_be_a_file(self) -> None:
        if b"filename" not in self._header:
            raise FormRefused("a field without a file; is the @ before its name missing")

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._found += data[start:end]

    def _end(self) -> None:
        self._ended = True


def form_of(request: Request) -> OneFile | None:
    """Return what reads a request's form; None where the body is the file itself."""
    kind, options = parse_options_header(request.headers.get("Content-Type"))
    if kind != b"multipart/form-data":
        return None
    boundary = options.get(b"boundary")
    if not boundary:
        raise FormRefused("a form that does not say what stands between its parts")
    return OneFile(boundary)
