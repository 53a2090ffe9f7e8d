"""Prediction files as npy arrays."""

import io
import math

import numpy as np

from .format import Predictions, id_text
from .problems import Report, show
from .rows import add_values, match


def check_npy(data: bytes, report: Report) -> Predictions:
    """Read numbers of shape (n, k), or (n,) where there is one column."""
    ids, columns = report.format.ids, report.format.columns
    full = (len(ids), len(columns))
    array = read_npy(data, report, *([full] if len(columns) > 1 else [full[:1], full])).reshape(full)
    with np.errstate(over="ignore"):
        values = array.astype(np.float64)
    add_values(values, np.zeros(full, bool), lambda row: str(id_text(ids[row : row + 1])[0]), report)
    return match(ids, values, np.arange(1, len(ids) + 1), 0, report)


def read_npy(data: bytes, report: Report, *shapes: tuple[int, ...]) -> np.ndarray:
    """Return an array of real numbers that has one of these shapes; refuse any other without reading it."""
    stream = io.BytesIO(data)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    try:
        shape, by_columns, dtype = readers[np.lib.format.read_magic(stream)](stream)
    except Exception:  # The header is a Python literal: what a broken one raises is nowhere listed.
        report.refuse("corrupt_npy", "a header as np.save writes it", show(data[:100].decode("latin-1")))
    if dtype.hasobject:
        report.refuse("npy_type", "floats or integers", "Python objects (a pickle), which are never loaded")
    if dtype.kind not in "fiu":
        report.refuse("npy_type", "floats or integers", show(str(dtype)))
    if shape not in shapes or bool in map(type, shape):  # Python holds (n, True) for the same as (n, 1).
        report.refuse("npy_shape", f"shape {' or '.join(map(str, shapes))}", show(str(shape)))
    size, need = len(data) - stream.tell(), math.prod(shape) * dtype.itemsize
    if size != need:
        report.refuse("corrupt_npy", f"{need:,} bytes after the header", f"{size:,}")
    return np.frombuffer(data, dtype, offset=stream.tell()).reshape(shape, order="F" if by_columns else "C")
