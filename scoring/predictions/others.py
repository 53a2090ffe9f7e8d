"""Files of other kinds, told by how they begin: they are named with the way out, and never opened."""

import re

EXPECTED = {
    "numbers": "a CSV in UTF-8, a Parquet or an npy file",
    "texts": "a CSV in UTF-8 or a Parquet file",
    "images": "an npy file with all images",
}

ZIP = b"PK\x03\x04"
IN_ZIP = {
    b".npy": "an npz archive; save one array by np.save",
    b"xl/workbook": "an Excel workbook; save it as CSV",
    b"word/document.xml": "a Word document; save a table as CSV",
    b"application/vnd.oasis.opendocument": "an OpenDocument table or text; save it as CSV",
    b"/data.pkl": "a PyTorch file; save one array by np.save",
    b"Index/Document.iwa": "a Numbers or Pages document; export it as CSV",
    ZIP: "a ZIP archive; send the file itself",
}
"""Names that a ZIP archive keeps in plain bytes, and what it then is."""

PARQUET = "write Parquet instead (in pandas: to_parquet)"
ALONE = "send the file alone, as it is: curl --data-binary @FILE"
COMPRESSED = "a file compressed by {}; send it as it is or gzipped"
_FILES = {
    rb"--[^\r\n]{1,200}\r?\n(?i:content-)": f"a form, as curl -F sends it; {ALONE}",
    rb".{257}ustar": "a tar archive; send the file itself",
    rb"\xd0\xcf\x11\xe0": "an old Excel or Office file; save it as CSV",
    rb"\{\\rtf": "a document in rich text; save it as plain CSV",
    rb"%PDF": "a PDF document",
    rb"ARROW1|FEA1": f"a Feather (Arrow) file; {PARQUET}",
    rb"\xff{4}[^\xff].{3}": f"an Arrow IPC stream; {PARQUET}",
    rb"PARE": "an encrypted Parquet file; write it without a key",
    rb"ORC": f"an ORC file; {PARQUET}",
    rb"Obj\x01": f"an Avro file; {PARQUET}",
    rb"SQLite format 3": "an SQLite database; export the table as CSV",
    rb"\x89HDF": "an HDF5 file; save one array by np.save",
    rb"MATLAB \d\.\d MAT-file": "a MATLAB file; save the table as CSV (writetable)",
    rb"X\n\0{3}[\2\3]|A\n[23]\n|RD[AX][23]\n": "a file of R's own; save the table as CSV (write.csv)",
    rb"CDF[\x01\x02\x05]": "a NetCDF file; save one array by np.save",
    rb"SIMPLE  =": "a FITS file; save one array by np.save",
    rb"root\0": "a ROOT file; save the table as CSV or Parquet",
    rb".{3}\0{5}\{\"": "a safetensors file; save one array by np.save",
    rb"\x80[\x02-\x05]": "a pickle, which is never loaded; save the table as CSV or one array by np.save",
    rb"BZh[1-9]": COMPRESSED.format("bzip2"),
    rb"\xfd7zXZ": COMPRESSED.format("xz"),
    rb"\x28\xb5\x2f\xfd": COMPRESSED.format("Zstandard"),
    rb"\x04\x22\x4d\x18": COMPRESSED.format("LZ4"),
    rb"\xff\x06\0\0sNaPpY": COMPRESSED.format("Snappy"),
    rb"\x1f\x9d": COMPRESSED.format("compress"),
    rb"7z\xbc\xaf": "a 7z archive; send the file itself",
    rb"Rar!\x1a": "a RAR archive; send the file itself",
    rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*|RIFF.{4}WEBP": "an image",
    rb"version https://git-lfs": "a pointer of Git LFS; fetch the file itself (git lfs pull)",
    rb"total \d+\r?\n[bcdlps-][rwxsStT-]{9}": "a listing of a directory; send the file itself",
    rb"\s*<": "an HTML or XML page; perhaps a download that failed",
    rb"\s*\{\s*\"(?:cells|nbformat)\"": "a notebook; run it and send the file that it writes",
    rb"\s*[\[{][^\n]*[\]}][^\S\n]*\n\s*[\[{]": "JSON lines; save the table as CSV",
    rb"\s*[\[{]": "JSON; save the table as CSV",
}

_ENCODINGS = {
    rb"\xff\xfe\0\0|\0\0\xfe\xff|[^\0]\0\0\0[^\0]\0\0\0|\0\0\0[^\0]\0\0\0[^\0]": "UTF-32",
    rb"\xff\xfe|\xfe\xff|[^\0]\0[^\0]\0|\0[^\0]\0[^\0]": "UTF-16",
}

OTHER_FILES = {re.compile(begin, re.DOTALL): name for begin, name in _FILES.items()}
OTHER_ENCODINGS = {re.compile(begin, re.DOTALL): name for begin, name in _ENCODINGS.items()}
ROW = re.compile(rb"[0-9a-f]{16},")


def other_file(data: bytes, header: list[str]) -> str | None:
    """Return what a file is that is of no kind which is read; None where nothing is known of it."""
    if data.startswith(ZIP):
        return next(name for sign, name in IN_ZIP.items() if sign in data)
    first = ",".join(header).encode()
    if data.startswith(first) and ROW.match(data, len(first)):
        return f"one line without ends, as curl -d makes it; {ALONE}"
    return _first(OTHER_FILES, data)


def other_encoding(data: bytes) -> str | None:
    """Return the encoding of a text that is not UTF-8, where its first letters tell."""
    return _first(OTHER_ENCODINGS, data)


def _first(patterns: dict[re.Pattern[bytes], str], data: bytes) -> str | None:
    return next((name for pattern, name in patterns.items() if pattern.match(data)), None)
