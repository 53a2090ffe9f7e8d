"""Files of other kinds, with the word by which the check must name each."""

import bz2
import gzip
import io
import lzma
import pickle
import sqlite3
import tarfile
import zipfile
from contextlib import closing

import pyarrow as pa
from pyarrow import feather, orc


def table(write, *more) -> bytes:
    """Return what a writer of tables makes of a small one."""
    file = io.BytesIO()
    write(pa.table({"id": ["0000000000000001"], "score": [0.5]}), file, *more)
    return file.getvalue()


def arrow_stream(rows: pa.Table, file: io.BytesIO) -> None:
    """Write a table as an Arrow IPC stream."""
    with pa.ipc.new_stream(file, rows.schema) as stream:
        stream.write_table(rows)


def tar(name: str = "scores.csv", content: bytes = b"id,score\n") -> bytes:
    """Return a tar archive of one file."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def zipped(*names: str, **contents: str) -> bytes:
    """Return a ZIP archive of small files, and of others with these contents."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in {**dict.fromkeys(names, "0.5"), **contents}.items():
            archive.writestr(name, content)
    return file.getvalue()


def database() -> bytes:
    """Return an SQLite database with one table."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE scores (id TEXT, score REAL)")
        return connection.serialize()


FORM = b"""--------------------------3f2a\r
Content-Disposition: form-data; name="file"; filename="scores.csv"\r
Content-Type: text/csv\r
\r
id,score\r
--------------------------3f2a--\r
"""

OTHER_FILES = {
    "scores.orc": (table(orc.write_table), "ORC file; write Parquet"),
    "scores.arrows": (table(arrow_stream), "IPC stream; write Parquet"),
    "scores.feather": (table(feather.write_feather), "Feather"),
    "scores.feather of version 1": (b"FEA1" + bytes(50), "Feather"),
    "scores.tar": (tar(), "tar archive"),
    "scores.tar.gz": (gzip.compress(tar(), mtime=0), "tar archive"),
    "scores.sqlite": (database(), "SQLite"),
    "scores.mat": (b"MATLAB 5.0 MAT-file, Platform: GLNXA64".ljust(128), "MATLAB"),
    "scores.rds": (gzip.compress(b"X\n\0\0\0\3\0\4\3\1", mtime=0), "of R's own"),
    "scores.RData": (gzip.compress(b"RDX3\nX\n\0\0\0\3", mtime=0), "of R's own"),
    "scores.avro": (b"Obj\x01\x04\x14avro.codec" + bytes(50), "Avro"),
    "scores.root": (b"root\0\0\xf7\x1c" + bytes(50), "ROOT"),
    "scores.safetensors": (b"\x48\0\0\0\0\0\0\0" + b'{"score":{"dtype":"F64"}}' + bytes(50), "safetensors"),
    "encrypted.parquet": (b"PARE" + bytes(50) + b"PARE", "encrypted"),
    "scores.jsonl": (b'{"id": "1", "score": 0.5}\n{"id": "2", "score": 0.7}\n', "JSON lines"),
    "scores.csv.zst": (pa.compress(b"id,score", codec="zstd", asbytes=True), "Zstandard"),
    "scores.csv.lz4": (pa.compress(b"id,score", codec="lz4", asbytes=True), "LZ4"),
    "scores.csv.bz2": (bz2.compress(b"id,score"), "bzip2"),
    "scores.7z": (b"7z\xbc\xaf\x27\x1c" + bytes(50), "7z"),
    "scores.rar": (b"Rar!\x1a\x07\x01\0" + bytes(50), "RAR"),
    "form": (FORM, "--data-binary"),
    "listing": (b"total 8\n-rw-r--r-- 1 me me 412 Jan  1 12:00 scores.csv\n", "listing"),
    "pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 412\n", "git lfs pull"),
    "scores.rtf": (b"{\\rtf1\\ansi id,score\\par}", "rich text"),
    "document.pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF"),
    "data.h5": (b"\x89HDF\r\n\x1a\n" + bytes(50), "HDF5"),
    "old.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(50), "Excel"),
    "page.html": (b"<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>", "HTML"),
    "starter.ipynb": (b'{\n "cells": [\n  {"cell_type": "code"}\n ]\n}\n', "notebook"),
    "colab.ipynb": (b'{\n  "nbformat": 4,\n  "nbformat_minor": 0,\n  "cells": []\n}\n', "notebook"),
    "answer.json": (b'{"score": [0.5, 0.5]}', "JSON"),
    "plot.png": (b"\x89PNG\r\n\x1a\n" + bytes(50), "image"),
    "scores.pkl": (pickle.dumps({"score": [0.5]}), "pickle, which is never loaded; save"),
    "scores.csv.xz": (lzma.compress(b"id,score"), "xz"),
    "book.xlsx": (zipped("[Content_Types].xml", "xl/workbook.xml"), "Excel"),
    "late.xlsx": (zipped(*(f"docProps/thumbnail{page}.jpeg" for page in range(99)), "xl/workbook.xml"), "Excel"),
    "letter.docx": (zipped("[Content_Types].xml", "word/document.xml"), "Word"),
    "book.ods": (zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet"), "OpenDocument"),
    "book.numbers": (zipped("Index/Document.iwa"), "Numbers"),
    "model.pt": (zipped("model/data.pkl"), "PyTorch"),
    "submission.csv.zip": (zipped("submission.csv"), "ZIP"),
}
"""The first bytes of files of other kinds, and the word by which the check must name each."""
