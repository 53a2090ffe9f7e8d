"""Prediction files whose answers are images: npy arrays, rows in ascending order of id."""

import numpy as np

from .format import Predictions, id_text
from .npy import read_npy
from .problems import Example, Report


def check_images(data: bytes, report: Report) -> Predictions:
    """Read images of shape (n, height, width); an axis for one channel, which some libraries add, may stay."""
    ids, (height, width) = report.format.ids, report.format.shape
    full = (len(ids), height, width)
    array = read_npy(data, report, full, (len(ids), 1, height, width), (len(ids), height, width, 1))
    with np.errstate(over="ignore"):
        images = array.reshape(full).astype(np.float32)
    broken = ~np.isfinite(images).reshape(len(ids), -1)
    bad = np.flatnonzero(broken.any(axis=1))

    def example(image: int) -> Example:
        pixel = int(broken[image].argmax())
        got = f"{images[image].flat[pixel]} at pixel ({pixel // width}, {pixel % width}), {broken[image].sum():,} such"
        return Example("finite pixels", got, image + 1, str(id_text(ids[image : image + 1])[0]))

    report.add_all("bad_pixel", bad, example)
    if report.found:
        report.stop()
    return Predictions(images)
