"""HDF5: what cannot be read is named for what it is, and what was never written does not pass as zeros."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from challenges import arrays, hdf5
from challenges.dataset import DataFileError

VALUES = np.arange(12, dtype=np.float32).reshape(4, 3)


def write(path: Path, **values: np.ndarray) -> Path:
    with h5py.File(path, "w") as file:
        for name, array in values.items():
            file[name] = array
    return path


def says(message: str, path: Path) -> None:
    with pytest.raises(DataFileError, match=message) as error:
        arrays.read(path)
    assert str(error.value).startswith(str(path))


def test_numpy_files_are_named_with_what_they_hold_and_what_to_do(tmp_path):
    np.savez(tmp_path / "images.npz", x_train=VALUES, y_train=VALUES[:, 0])
    says("got a NumPy archive of 2 arrays, x_train, y_train: read it by numpy.load and write", tmp_path / "images.npz")
    np.save(tmp_path / "image.npy", VALUES)
    says("got a NumPy file: read it by numpy.load and write", tmp_path / "image.npy")


@pytest.mark.parametrize("kind", [">f4", ">f8", ">i4", "<u2"])
def test_either_byte_order_is_read(kind, tmp_path):
    found = arrays.read(write(tmp_path / "a.h5", X=VALUES.astype(kind)))["X"]
    assert np.array_equal(found, VALUES)
    assert found.dtype.isnative


def test_groups_are_no_arrays(tmp_path):
    path = write(tmp_path / "a.h5", X=VALUES)
    with h5py.File(path, "a") as file:
        file.create_group("notes")["n"] = 1
    assert list(arrays.read(path)) == list(arrays.shapes(path)) == ["X"]


HOLDS = "import h5py, sys; file = h5py.File(sys.argv[1], 'a'); print(flush=True); sys.stdin.read()"
DIES = (
    "import h5py, os, sys; file = h5py.File(sys.argv[1], 'w', libver='latest'); file['X'] = [1.0];"
    "file.swmr_mode = True; os._exit(0)"
)


def test_a_file_that_is_open_elsewhere_is_not_called_damaged(tmp_path):
    path = write(tmp_path / "a.h5", X=VALUES)
    with subprocess.Popen([sys.executable, "-c", HOLDS, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        says("got one that is open in another program: close it there", path)
        other.stdin.close()
    assert np.array_equal(arrays.read(path)["X"], VALUES)


def test_a_file_whose_writer_broke_off_is_named(tmp_path):
    path = tmp_path / "a.h5"
    subprocess.run([sys.executable, "-c", DIES, path], check=True)
    says("got one that a program is still writing, or was when it broke off: .* h5clear -s", path)


def test_a_file_that_is_cut_short_or_another_is_named(tmp_path):
    path = write(tmp_path / "a.h5", X=np.zeros(1000))
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    says("got one that is truncated .*: fetch it again", path)
    path.write_bytes(whole[:20] + bytes(200) + whole[220:])
    says("damaged .*fetch it again", path)
    path.write_bytes(b"CDF\1 and more")
    says("got a NetCDF file of version 3", path)
    says("got no file of that name", tmp_path / "b.h5")
    says("got no file of that name", tmp_path)


def with_filter(file: h5py.File, code: int) -> None:
    created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    created.set_chunk((4, 3))
    created.set_filter(code, h5py.h5z.FLAG_OPTIONAL, ())
    made = h5py.h5d.create(file.id, b"X", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((4, 3)), created)
    made.write_direct_chunk((0, 0), VALUES.tobytes(), 0)


def virtual(*parts: tuple[int, str, str], length: int = 4) -> Callable[[h5py.File], None]:
    """Return what makes an array of rows that lie elsewhere."""

    def make(file: h5py.File) -> None:
        layout = h5py.VirtualLayout((length, 3), np.float32)
        for row, name, array in parts:
            layout[row : row + 2] = h5py.VirtualSource(name, array, (2, 3))
        file.create_virtual_dataset("X", layout)

    return make


def half_written(file: h5py.File) -> None:
    file.create_dataset("X", (10, 3), np.float32, chunks=(2, 3), compression="gzip")[:4] = VALUES


def without_end(file: h5py.File) -> None:
    """Put an array together of as many files as there are: part0.h5, part1.h5, and so on."""
    space = h5py.h5s.create_simple((4, 3), (h5py.h5s.UNLIMITED, 3))
    space.select_hyperslab((0, 0), (h5py.h5s.UNLIMITED, 1), stride=(2, 3), block=(2, 3))
    created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    created.set_virtual(space, b"part%b.h5", b"X", h5py.h5s.create_simple((2, 3)))
    whole = h5py.h5s.create_simple((4, 3), (h5py.h5s.UNLIMITED, 3))
    h5py.h5d.create(file.id, b"X", h5py.h5t.IEEE_F32LE, whole, created)


BAD: dict[str, tuple[Callable[[h5py.File], object], str]] = {
    "a plugin's filter": (lambda file: with_filter(file, 32004), r"X: compressed by filter 32004 \(LZ4\).* h5repack"),
    "a filter of nobody": (lambda file: with_filter(file, 333), r"X: compressed by filter 333 \(an unknown one\)"),
    "never written": (lambda file: file.create_dataset("X", (4, 3), np.float32), "X: its values were never written"),
    "never written in chunks": (
        lambda file: file.create_dataset("X", (10, 3), np.float32, chunks=(2, 3)),
        "X: 5 of its 5 chunks were never written",
    ),
    "half written": (half_written, "X: 3 of its 5 chunks were never written"),
    "no source": (virtual((0, "part.h5", "X"), (2, "gone.h5", "X")), r"X: .* of which .*gone\.h5 is not there"),
    "a source without it": (virtual((0, "part.h5", "X"), (2, "part.h5", "Y")), r"expected the array Y, got \['X'"),
    "a source never written": (virtual((0, "part.h5", "X"), (2, "part.h5", "empty")), "empty: its values were never"),
    "a gap": (virtual((0, "part.h5", "X")), "X: 6 of its 12 values have no source"),
    "a pattern": (without_end, r"X: .* named by the pattern part%b\.h5"),
    "elsewhere": (
        lambda file: file.create_dataset("X", (2,), np.float32, external=[("raw", 0, 8)]),
        "X: its values lie in another file, raw",
    ),
    "a link": (lambda file: file.__setitem__("X", h5py.SoftLink("/Y")), "X: it is a link to /Y, which is not there"),
    "a link to a file": (
        lambda file: file.__setitem__("X", h5py.ExternalLink("gone.h5", "/Y")),
        r"X: it is a link to /Y of gone\.h5, which is not there",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_would_be_read_as_zeros_or_not_at_all_is_named(kind, tmp_path):
    make, message = BAD[kind]
    write(tmp_path / "part.h5", X=VALUES[:2])
    with h5py.File(tmp_path / "part.h5", "a") as file:
        file.create_dataset("empty", (2, 3), np.float32)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        make(file)
    with pytest.raises(DataFileError, match=message):
        arrays.read(tmp_path / "a.h5")


def test_an_array_of_other_files_is_read_if_they_are_there(tmp_path):
    write(tmp_path / "part.h5", X=VALUES[:2], Y=VALUES[2:])
    with h5py.File(tmp_path / "a.h5", "w") as file:
        virtual((0, "part.h5", "X"), (2, "part.h5", "Y"))(file)
    assert np.array_equal(arrays.read(tmp_path / "a.h5")["X"], VALUES)


def test_what_is_written_in_any_layout_is_read(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["contiguous"], file["nothing"] = VALUES, VALUES[:0]
        file.create_dataset("chunked", data=VALUES, chunks=(3, 2), compression="lzf", shuffle=True)
        file.create_dataset("growing", data=VALUES[:0], maxshape=(None, 3))
        file.create_dataset("zeros", data=0 * VALUES)
    found = arrays.read(tmp_path / "a.h5")
    assert np.array_equal(found["contiguous"], VALUES)
    assert np.array_equal(found["chunked"], VALUES)
    assert found["nothing"].shape == found["growing"].shape == (0, 3)
    assert not found["zeros"].any()


def test_names_are_asked_for_together(tmp_path):
    with (
        hdf5.opened(write(tmp_path / "a.h5", X=VALUES)) as file,
        pytest.raises(DataFileError, match=r"expected the arrays X and y, got \['X'\]"),
    ):
        hdf5.datasets(file, "X", "y")
