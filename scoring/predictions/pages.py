"""How much memory a Parquet file asks for by the words of its own footer and pages, which is what a reader believes.

Arrow's own view of a footer ends the whole process at some damaged files, so this reads what it needs by itself. The
numbers of fields, encodings and codecs are those of https://github.com/apache/parquet-format.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

BYTE_ARRAY = 6
DICTIONARY, DELTA_BINARY_PACKED, DELTA_LENGTH_BYTE_ARRAY, DELTA_BYTE_ARRAY = (2, 8), 5, 6, 7
CODECS = {1: "snappy", 2: "gzip", 4: "brotli", 5: "lz4_raw", 6: "zstd", 7: "lz4_raw"}
LARGEST_HEADER, LARGEST_BLOCK = 2**16, 2**16


class Pages:
    """The footer of a Parquet file without nested columns.

    Parameters
    ----------
    data : bytes
        The whole file.

    Raises
    ------
    ValueError
        If the footer contradicts itself; a damaged one may also raise anything else that reading bytes raises.
    """

    def __init__(self, data: bytes) -> None:
        size = int.from_bytes(data[-8:-4], "little")
        footer, _ = _thrift(data[-8 - size : -8], 0)
        self.data, self.leaves, self.rows, self.groups = data, footer[2][1:], footer[3], footer[4]
        counts = [group[3] for group in self.groups]
        if self.rows != sum(counts) or min(counts, default=0) < 0:
            raise ValueError("the parts have other row counts than the whole")

    def memory(self) -> Iterator[int]:
        """Yield upper limits, in bytes, on what page after page asks for; no page is opened before its limit is out."""
        for group in self.groups:
            for leaf, column in zip(self.leaves, group[1], strict=True):
                yield from self._column(leaf, column[3])

    def _column(self, leaf: dict[int, Any], chunk: dict[int, Any]) -> Iterator[int]:
        at = min(chunk[9], chunk.get(11) or chunk[9])  # where the pages begin, or the dictionary before them
        unread, longest = chunk[5], 0
        while unread > 0:  # A reader stops by this count, whatever size the column is said to have.
            if not 4 <= at < len(self.data):
                raise ValueError("a column lies outside the file")
            header, length = _thrift(memoryview(self.data)[at : at + LARGEST_HEADER], 0)
            unpacked, packed = header[2], header[3]
            dictionary, page = header.get(7), header.get(5) or header.get(8)
            entries = (dictionary or page or {1: 0})[1]
            if min(unpacked, packed, entries) < 0:
                raise ValueError("a page has a negative size")
            # An entry may become 16 bytes however well it is packed, and an empty page still costs time.
            yield max(unpacked, 16 * entries, 64)
            begin, at = at + length, at + length + packed
            if dictionary and leaf.get(1) == BYTE_ARRAY:
                longest = _longest(_unpack(self.data[begin:at], unpacked, chunk[4]))
            elif page:
                unread -= entries
                encoding = page[4 if 8 in header else 2]
                if encoding in DICTIONARY:
                    yield entries * longest
                elif encoding in (DELTA_BINARY_PACKED, DELTA_LENGTH_BYTE_ARRAY, DELTA_BYTE_ARRAY):
                    values = _values(self.data[begin:at], header, leaf, chunk[4])
                    yield _undone(values, encoding, entries)


def _values(page: bytes, header: dict[int, Any], leaf: dict[int, Any], codec: int) -> bytes:
    """Return what a data page holds behind its levels, which say which values are missing."""
    if 8 in header:
        levels = header[8].get(5, 0) + header[8].get(6, 0)
        if not 0 <= levels <= min(len(page), header[2]):
            raise ValueError("the levels of a page are longer than the page")
        return _unpack(page[levels:], header[2] - levels, codec if header[8].get(7, True) else 0)
    page = _unpack(page, header[2], codec)
    if not leaf.get(3):  # A column that must have values has no levels.
        return page
    return page[4 + int.from_bytes(page[:4], "little") :]


def _unpack(page: bytes, size: int, codec: int) -> bytes:
    if codec == 0 or not page:
        return page
    if codec not in CODECS:
        raise ValueError(f"a codec that is not read here, number {codec} of Parquet's")
    if codec == 5:
        page = _unframed(page)
    return pa.decompress(page, size, CODECS[codec], asbytes=True)


def _unframed(page: bytes) -> bytes:
    """Return the one block in the frame that Hadoop puts around LZ4; early writers of Parquet left it away."""
    framed = int.from_bytes(page[4:8], "big") == len(page) - 8
    return page[8:] if framed else page


def _longest(dictionary: bytes) -> int:
    """Return the length of the longest entry: each comes behind its length."""
    at, longest = 0, 0
    while at < len(dictionary):
        size = int.from_bytes(dictionary[at : at + 4], "little")
        at, longest = at + 4 + size, max(longest, size)
    return longest


def _undone(values: bytes, encoding: int, entries: int) -> int:
    """Return how many bytes the lengths of a page of deltas add up to, once they are known to be lengths."""
    if encoding == DELTA_BINARY_PACKED:
        _delta_header(values, entries)
        return 0
    lengths, at = _deltas(values, entries)
    size = int(lengths.sum())
    if encoding == DELTA_BYTE_ARRAY:  # Those were the lengths that a value has in common with the one before it.
        size += int(_deltas(values[at:], entries)[0].sum())
    return size


def _delta_header(data: bytes, entries: int) -> tuple[int, int, int, int, int]:
    """Return the length of a block, its parts, how many values there are, the first, and where the blocks begin."""
    block, at = _varint(data, 0)
    parts, at = _varint(data, at)
    count, at = _varint(data, at)
    first, at = _thrift(data, at, 6)
    if count > entries or not 0 < block <= LARGEST_BLOCK or not 0 < parts <= block // 8 or block % (8 * parts):
        raise ValueError("a page of deltas has more values than entries, or blocks of a wrong length")
    return block, parts, count, first, at


def _deltas(data: bytes, entries: int) -> tuple[np.ndarray, int]:
    """Return lengths that were written as bit-packed differences, shape (n,), and where they end."""
    block, parts, count, first, at = _delta_header(data, entries)
    steps, left, each = [np.array([first])], count - 1, block // parts
    while left > 0:
        least, at = _thrift(data, at, 6)
        widths, at = data[at : at + parts], at + parts
        if len(widths) < parts:
            raise ValueError("a page of deltas is cut off")
        for width in widths[: -(-left // each)]:  # No more parts than there are values left for are written.
            bits = np.unpackbits(np.frombuffer(data, np.uint8, each * width // 8, at), bitorder="little")
            steps.append(least + bits.reshape(each, width) @ (1 << np.arange(width, dtype=np.int64)))
            at += each * width // 8
        left -= block
    lengths = np.cumsum(np.concatenate(steps)[:count], dtype=np.int64)
    if len(lengths) and not 0 <= lengths.min() <= lengths.max() < 2**31:
        raise ValueError("a length is negative or larger than any file")
    return lengths, at


def _thrift(data: bytes | memoryview, at: int, kind: int = 12) -> tuple[Any, int]:
    """Read a value in Thrift's compact protocol and where it ends: structs by field number, lists, numbers, no text."""
    if kind in (4, 5, 6):  # integers
        value, at = _varint(data, at)
        return value >> 1 ^ -(value & 1), at
    if kind == 8:  # text
        size, at = _varint(data, at)
        return None, at + size
    if kind in (1, 2, 3, 7):  # booleans and bytes in lists, and doubles
        return None, at + (8 if kind == 7 else 1)
    if kind == 9:
        size, kind = divmod(data[at], 16)
        size, at = (size, at + 1) if size < 15 else _varint(data, at + 1)
        if size > len(data):
            raise ValueError("a list is longer than the file")
        items = []
        for _ in range(size):
            item, at = _thrift(data, at, kind)
            items.append(item)
        return items, at
    if kind != 12:
        raise ValueError("a kind of value that Parquet does not use")
    fields, number = {}, 0
    while data[at]:
        step, kind = divmod(data[at], 16)
        number, at = (number + step, at + 1) if step else _thrift(data, at + 1, 4)
        if kind in (1, 2):  # A boolean field is its kind and has no bytes.
            fields[number] = kind == 1
        else:
            fields[number], at = _thrift(data, at, kind)
    return fields, at + 1


def _varint(data: bytes | memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift, byte in enumerate(data[at : at + 10]):
        value |= (byte & 127) << 7 * shift
        if byte < 128:
            return value, at + shift + 1
    raise ValueError("a number that does not end")
