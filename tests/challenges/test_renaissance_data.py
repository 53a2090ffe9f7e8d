"""The real book: its lines arrive, and every bad file is named."""

import json
import zipfile
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from challenges.dataset import DataFileError
from challenges.folding import fold
from challenges.manifest import Manifest
from challenges.renaissance import book, data, tesseract
from challenges.renaissance.collation import collate
from challenges.renaissance.layout import IMAGE, OCR, TEXT, TOKEN_ERRORS, TRANSCRIPTION, WRONG
from challenges.renaissance.matching import match
from challenges.renaissance.simulate import TRACKS, simulate
from challenges.spec import MANIFESTS
from scoring.text import character_error_rate
from tests.support import missing_tool, real_data

docx = pytest.importorskip("docx", reason="the real book needs python-docx: pip install physathon[renaissance]")
pypdfium2 = pytest.importorskip("pypdfium2", reason="the real book needs pypdfium2: pip install physathon[renaissance]")


@pytest.fixture(scope="module")
def real() -> tuple[Path, Path]:
    names = "nobleza_virtuosa.pdf", "nobleza_virtuosa_transcription.docx"
    return tuple(real_data("renaissance", name) for name in names)


def word_file(path: Path, *paragraphs: str) -> Path:
    """Write paragraphs as a DOCX."""
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(str(path))
    return path


WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
SPACES = 'xmlns:wps="urn:wps" xmlns:mc="urn:mc" xmlns:m="urn:m" xmlns:v="urn:v" xmlns:a="urn:a"'


def said(text: str) -> str:
    """Return a run of Word with a text."""
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def word_xml(path: Path, *paragraphs: str) -> Path:
    """Write a DOCX whose second page is made of what stands between the tags of paragraphs, or of whole elements."""
    whole = [part if part.startswith("<w:p>") or "<w:tbl>" in part else f"<w:p>{part}</w:p>" for part in paragraphs]
    marks = [f"<w:p>{said(text)}</w:p>" for text in ("PDF p1", "uno", "PDF p2")]
    body = f"<w:document {WORD} {SPACES}><w:body>{''.join([*marks, *whole])}</w:body></w:document>"
    word_file(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, body.encode() if name == "word/document.xml" else content)
    return path


def pdf_file(path: Path, trailer: bytes = b"", *, pages: int = 1, side: int = 400) -> Path:
    """Write a PDF of empty pages by hand."""
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(pages))
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, pages)]
    objects += [b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 %d] >>" % side] * pages
    content, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    content += (
        b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R %b >>\nstartxref\n%d\n%%%%EOF\n"
        % (
            len(objects) + 1,
            table,
            len(objects) + 1,
            trailer,
            len(content),
        )
    )
    path.write_bytes(content)
    return path


LOCKED = b"/ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%b> /U <%b> >>" % (b"41" * 32, b"42" * 32)


def test_the_transcription_has_584_lines_of_13_spreads(real):
    found = book.written(real[1])
    assert list(found) == list(range(1, 14))
    assert sum(map(len, found.values())) == 584
    assert found[6][0] == "nima fortaleza, que es la propia, y"


def test_a_spread_is_two_columns_without_their_notes(real):
    blocks = list(islice(book.blocks(real[0]), 5))
    assert [(block.spread, block.side) for block in blocks] == [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1)]
    widths = [block.image.shape[1] for block in blocks]
    assert min(widths) > 380
    assert max(widths) < 430
    # The frame is painted over: no stroke as long as ten lines is left.
    for block in blocks[1:]:
        dark = block.image < book.DARK
        assert dark[:, 3:-3].mean(axis=0).max() < 0.5


def test_tesseract_reads_a_real_spread_as_well_as_is_known(real, tmp_path):
    if not tesseract.is_there():
        missing_tool("Tesseract with its model of old Spanish: apt-get install tesseract-ocr tesseract-ocr-spa-old")
    pdf, document = tmp_path / "spread.pdf", word_file(tmp_path / "spread.docx", "PDF p1", *book.written(real[1])[6])
    with pypdfium2.PdfDocument(real[0]) as whole, pypdfium2.PdfDocument.new() as part:
        part.import_pages(whole, [5])
        part.save(pdf)
    seen = []
    lines = collate(pdf, document, progress=lambda done, total: seen.append(done))
    assert seen == [1, 2]
    assert len(lines) == 48
    texts = [fold(line.text) for line in lines]
    readings = [fold(" ".join(word.text for word in line.seen)) for line in lines]
    assert character_error_rate(texts, readings).value.item() < 0.09  # 0.063 in the whole book
    tokens = data.words_of_book(lines)
    assert 0.05 < tokens.targets[WRONG].mean() < 0.3
    assert set(tokens.groups) == {2, 3}
    assert tokens.features["confidence"].between(0, 100).all()


def test_no_tesseract_is_a_sentence_that_says_what_to_install(monkeypatch):
    monkeypatch.setattr(tesseract, "is_there", lambda: False)
    with pytest.raises(tesseract.TesseractError, match="apt-get install tesseract-ocr"):
        tesseract.lines(np.full((40, 40), 255, np.uint8))


@pytest.mark.parametrize("track", TRACKS)
def test_a_table_comes_back_as_it_was(track, tmp_path):
    rows = simulate(40, 5, track=track)
    read = data.load(*data.save(rows, tmp_path, track=track), track=track)
    assert read.features.equals(rows.features)
    assert read.targets.equals(rows.targets)
    assert read.groups.tolist() == rows.groups.tolist()


@pytest.mark.parametrize("track", TRACKS)
def test_ingest_holds_back_the_last_pages(track, tmp_path):
    n = 900 if track == TOKEN_ERRORS else 96
    rows = simulate(n, 5, track=track)
    split = data.ingest(data.save(rows, tmp_path, track=track), tmp_path / "work", track=track)
    pages = np.unique(rows.groups)
    assert set(split.holdout.groups) == set(pages[-round(len(pages) / 4) :])
    train = pd.read_parquet(tmp_path / "work" / "train.parquet")
    assert list(train) == [*rows.features, *rows.targets, "group"]
    assert not set(train["group"]) & set(split.holdout.groups)
    assert len(train) == split.train_rows
    assert split.rows == n == split.train_rows + len(split.holdout) + split.duplicates


def test_ingest_drops_what_the_holdout_holds_too(tmp_path):
    rows = simulate(96, 5, track=TRANSCRIPTION)
    again = rows.features.copy()
    again.loc[3, [OCR, IMAGE]] = rows.features.loc[95, [OCR, IMAGE]]
    doubled = type(rows)(again, rows.targets, rows.groups)
    split = data.ingest(data.save(doubled, tmp_path, track=TRANSCRIPTION), tmp_path, track=TRANSCRIPTION)
    assert split.duplicates == 1


def test_one_page_is_too_little_to_be_judged_on(tmp_path):
    paths = data.save(simulate(5, 5, track=TRANSCRIPTION), tmp_path, track=TRANSCRIPTION)
    with pytest.raises(DataFileError, match="two pages at least"):
        data.ingest(paths, tmp_path / "work", track=TRANSCRIPTION)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path, "no file of that name"),
        (lambda path: pdf_file(path, pages=0), "without any page"),
        (lambda path: pdf_file(path, LOCKED), "asks for a password"),
        (lambda path: pdf_file(path, side=14_400), "page 1: expected at most 40 inches, got 200"),
        (lambda path: path.write_bytes(b"<html>Sign in</html>") and path, "cannot be opened"),
        (lambda path: path.write_bytes(b"") or path, "cannot be opened"),
    ],
)
def test_a_bad_pdf_is_named(make, says, tmp_path):
    path = make(tmp_path / "book.pdf")
    with pytest.raises(book.PdfError, match=f"book.pdf.*{says}"):
        list(book.blocks(path))


def test_an_empty_page_is_a_column_without_lines(tmp_path):
    (block,) = book.blocks(pdf_file(tmp_path / "empty.pdf"))
    assert (block.image == 255).all()


@pytest.mark.parametrize(
    ("paragraphs", "says"),
    [
        (["a line", "another"], r"lines.docx: expected this transcription to say .* 'PDF p1' .* '\*\*\*\*' .* neither"),
        (["PDF p1", "a line", "PDF p1", "another"], "'PDF p1' stands in it twice"),
        (["PDF p1", "PDF p2", "--left blank--"], "expected lines of text after the marks, found 2 empty pages"),
    ],
)
def test_a_transcription_without_its_marks_or_lines_is_named(paragraphs, says, tmp_path):
    with pytest.raises(book.TranscriptionError, match=says):
        book.written(word_file(tmp_path / "lines.docx", *paragraphs))


DELETED = "<w:pPr><w:rPr><w:del/></w:rPr></w:pPr>"


def table(*rows: str) -> str:
    return f"<w:tbl><w:tblPr/>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"


def cell(text: str) -> str:
    return f"<w:tc><w:p>{said(text)}</w:p></w:tc>"


WORDS = {
    "a change": (
        [said("la ") + f"<w:del>{said('caza').replace('w:t', 'w:delText')}</w:del><w:ins>{said('casa')}</w:ins>"],
        ["la casa"],
    ),
    "a move": (
        [f"<w:moveFrom>{said('del Rey')}</w:moveFrom>{said('que')}", f"<w:moveTo>{said('del Rey')}</w:moveTo>"],
        ["que", "del Rey"],
    ),
    "a deleted end": ([DELETED + said("forta"), said("leza")], ["fortaleza"]),
    "a table": (
        [said("una"), table(cell("dos"), cell("tres") + cell("")), said("cuatro")],
        ["una", "dos", "tres", "cuatro"],
    ),
    "a deleted row": ([table("<w:trPr><w:del/></w:trPr>" + cell("dos"), cell("tres"))], ["tres"]),
    "a table in a table": ([table(f"<w:tc>{table(cell('dos'))}<w:p/></w:tc>")], ["dos"]),
    "a content control": ([f"<w:sdt><w:sdtPr/><w:sdtContent>{said('dos')}</w:sdtContent></w:sdt>"], ["dos"]),
    "a smart tag": ([said("de ") + f"<w:smartTag><w:smartTag>{said('Roma')}</w:smartTag></w:smartTag>"], ["de Roma"]),
    "a link": ([f"<w:hyperlink>{said('dos')}</w:hyperlink>{said(' tres')}"], ["dos tres"]),
    "a field": (
        [f"<w:fldSimple>{said('dos')}</w:fldSimple><w:r><w:instrText> PAGE </w:instrText></w:r>{said(' tres')}"],
        ["dos tres"],
    ),
    "breaks": (
        [said("uno") + '<w:r><w:br w:type="page"/></w:r>' + said("dos") + "<w:r><w:cr/></w:r>" + said("tres")],
        ["uno", "dos", "tres"],
    ),
    "a tab and a hyphen": ([said("a") + "<w:r><w:tab/><w:t>b</w:t><w:noBreakHyphen/></w:r>" + said("c")], ["a b-c"]),
    "an accent apart": ([said("corazo\u0301n")], ["coraz\u00f3n"]),
    "dashes": ([said("-- dixo"), said("--left blank--")], ["-- dixo"]),
    "an empty drawing": (["<w:r><w:drawing><a:blip/></w:drawing></w:r>" + said("dos")], ["dos"]),
}


@pytest.mark.parametrize("kind", WORDS)
def test_no_word_of_a_transcription_is_lost(kind, tmp_path):
    paragraphs, lines = WORDS[kind]
    assert book.written(word_xml(tmp_path / "lines.docx", *paragraphs)) == {1: ["uno"], 2: lines}


BOX = f"<wps:txbx><w:txbxContent><w:p>{said('al margen')}</w:p></w:txbxContent></wps:txbx>"
UNREAD = {
    "a footnote": ("<w:r><w:footnoteReference/></w:r>", "a footnote is not read"),
    "an endnote": ("<w:r><w:endnoteReference/></w:r>", "an endnote is not read"),
    "a text box": (f"<w:r><w:drawing>{BOX}</w:drawing></w:r>", "a text box or drawing: 'al margen' is not read"),
    "one of two kinds": (
        f"<w:r><mc:AlternateContent><mc:Choice>{BOX}</mc:Choice></mc:AlternateContent></w:r>",
        "a text box or drawing: 'al margen'",
    ),
    "letters as a picture": (
        '<w:r><w:pict><v:textpath string="Nobleza"/></w:pict></w:r>',
        ".* drawing: 'Nobleza'",
    ),
    "a formula": ("<m:oMath><m:r><m:t>x</m:t></m:r></m:oMath>", "a formula: 'x'"),
    "a symbol": ('<w:r><w:sym w:char="F061"/></w:r>', "a symbol of a font"),
    "an element of tomorrow": (f"<w:novel>{said('dos')}</w:novel>", "an element novel: 'dos'"),
    "a list": ('<w:pPr><w:numPr><w:numId w:val="3"/></w:numPr></w:pPr>', "the number or bullet of a list"),
    "a style of lists": ('<w:pPr><w:pStyle w:val="ListNumber"/></w:pPr>', "the number or bullet of a list"),
}


@pytest.mark.parametrize("kind", UNREAD)
def test_words_that_are_not_read_are_named_with_their_line(kind, tmp_path):
    inside, says = UNREAD[kind]
    with pytest.raises(book.TranscriptionError, match=f"below the mark 'PDF p2', in the line 'la casa': {says}"):
        book.written(word_xml(tmp_path / "lines.docx", inside + said("la casa")))


def test_a_table_of_several_columns_is_named(tmp_path):
    with pytest.raises(book.TranscriptionError, match=r"a table's row of several cells: 'la \| casa' is not read"):
        book.written(word_xml(tmp_path / "lines.docx", table(cell("la") + cell("casa"))))


def test_notes_before_the_first_mark_may_be_of_any_kind(tmp_path):
    document = docx.Document()
    document.add_paragraph("u is v", style="List Bullet")
    for text in ("PDF p1", "uno"):
        document.add_paragraph(text)
    document.save(str(tmp_path / "lines.docx"))
    assert book.written(tmp_path / "lines.docx") == {1: ["uno"]}


@pytest.mark.parametrize("mark", ["PDF P2", "PDF p2:", "PDF  p 2", "pdf p.2", "PDF\u00a0page 2", "PDF pa\u0301g. 2 "])
def test_a_mark_may_be_spelt_in_many_ways(mark, tmp_path):
    assert book.written(word_file(tmp_path / "lines.docx", "PDF p1", "uno", mark, "dos")) == {1: ["uno"], 2: ["dos"]}
    assert book.written(word_file(tmp_path / "lines.docx", "PDF p1\nuno", f"{mark}\ndos")) == {1: ["uno"], 2: ["dos"]}


def test_pages_without_marks_may_be_parted_by_asterisks(tmp_path):
    lines = ["uno", "dos", "****", "tres", "* * *", "****", "cuatro"]
    assert book.written(word_file(tmp_path / "lines.docx", *lines)) == {1: ["uno", "dos"], 2: ["tres"], 4: ["cuatro"]}
    marked = ["PDF p3", "uno", "****", "dos"]
    assert book.written(word_file(tmp_path / "lines.docx", *marked)) == {3: ["uno", "dos"]}


@pytest.mark.parametrize("mark", ["PDF 2", "PDF p2-3", "PDF p II", "PDF"])
def test_what_is_almost_a_mark_is_named(mark, tmp_path):
    for before in ([], ["PDF p1", "uno"]):
        with pytest.raises(book.TranscriptionError, match=f"expected a mark like 'PDF p1', got '{mark}'"):
            book.written(word_file(tmp_path / "lines.docx", *before, mark, "dos"))


def test_a_damaged_word_file_is_named(tmp_path):
    path = word_file(tmp_path / "lines.docx", "PDF p1", "uno")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    body = members["word/document.xml"]
    for broken in (body[: len(body) // 2], b"<html>", b"", body.replace(b"w:body", b"w:bodies")):
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, broken if name == "word/document.xml" else content)
        with pytest.raises(book.TranscriptionError, match=r"lines\.docx: expected a Word file .*can be opened"):
            book.written(path)


def test_a_page_that_the_scans_lack_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(tesseract, "lines", lambda image: [])
    document = word_file(tmp_path / "lines.docx", "PDF p1", "uno", "PDF p3", "dos", "tres")
    with pytest.raises(book.TranscriptionError, match=r"it has 2 lines of page 3, which .*book\.pdf lacks"):
        collate(pdf_file(tmp_path / "book.pdf", pages=2), document)


def test_what_is_no_word_file_is_named(tmp_path):
    path = tmp_path / "lines.docx"
    with pytest.raises(book.TranscriptionError, match="can be opened"):
        book.written(path)
    path.write_text("PDF p1\na line", "utf-8")
    with pytest.raises(book.TranscriptionError, match="can be opened"):
        book.written(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "nothing")
    with pytest.raises(book.TranscriptionError, match="can be opened"):
        book.written(path)


def test_a_transcription_of_another_book_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(tesseract, "lines", lambda image: [])
    with pytest.raises(book.TranscriptionError, match="none of its lines was found"):
        collate(pdf_file(tmp_path / "book.pdf"), word_file(tmp_path / "lines.docx", "PDF p1", "que el fin"))


@pytest.mark.parametrize("names", [(), ("a.pdf",), ("a.pdf", "b.pdf"), ("a.pdf", "b.docx", "c.docx"), ("a.txt",)])
def test_other_files_than_a_pdf_and_a_docx_are_refused(names, tmp_path):
    with pytest.raises(DataFileError, match="expected the scans as a PDF and the transcription as a DOCX"):
        data.load(*(tmp_path / name for name in names), track=TRANSCRIPTION)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda table: table.drop(columns="token"), "expected the columns"),
        (lambda table: table[:0], "expected rows, got none"),
        (lambda table: table.assign(wrong=table["wrong"].where(table.index != 3)), "row 3, wrong: expected a value"),
        (lambda table: table.assign(wrong=2), "row 0, wrong: expected 0 or 1, got 2"),
        (lambda table: table.assign(wrong=256), "row 0, wrong: expected a whole number as int8 holds it, got 256"),
        (lambda table: table.assign(wrong=0.4), r"row 0, wrong: expected a whole number as int8 holds it, got 0\.4"),
        (
            lambda table: table.assign(place=70_000),
            "row 0, place: expected a whole number as int16 holds it, got 70000",
        ),
        (
            lambda table: table.assign(group=1e20),
            r"row 0, group: expected a whole number as int64 holds it, got 1e\+20",
        ),
        (lambda table: table.assign(confidence=1e300), r"row 0, confidence: expected a finite number, got 1e\+300"),
        (lambda table: table.assign(place="first"), "place: expected numbers, got str"),
        (lambda table: table.assign(token=1637), "token: expected texts, got int64"),
    ],
)
def test_a_bad_table_is_named(spoil, says, tmp_path):
    (path,) = data.save(simulate(9, 5, track=TOKEN_ERRORS), tmp_path, track=TOKEN_ERRORS)
    spoil(pd.read_parquet(path)).to_parquet(path, index=False)
    with pytest.raises(data.TableError, match=says):
        data.load(path, track=TOKEN_ERRORS)


def test_a_table_of_the_other_track_or_of_no_pictures_is_named(tmp_path):
    (path,) = data.save(simulate(3, 5, track=TRANSCRIPTION), tmp_path, track=TRANSCRIPTION)
    with pytest.raises(data.TableError, match="expected the columns"):
        data.load(path, track=TOKEN_ERRORS)
    table = pd.read_parquet(path)
    table[IMAGE] = [b"GIF89a"] * 3
    table.to_parquet(path, index=False)
    with pytest.raises(data.TableError, match="row 0, image: expected the bytes of a PNG file"):
        data.load(path, track=TRANSCRIPTION)
    path.write_bytes(b"PAR1")
    with pytest.raises(data.TableError, match="expected a Parquet table"):
        data.load(path, track=TRANSCRIPTION)
    with pytest.raises(ValueError, match="expected one of the tracks"):
        data.load(path, track="planets")


def test_lines_find_each_other_whatever_stands_between():
    written = ["nima fortaleza, que es la propia, y", "connatural de los Ilustres, procede", "de corazon grande"]
    read = ["10 Nobleza Virtuoſa.", "nima tortaleza , que es", "connatural de los lluſtres , procede", "ſegui-"]
    assert match(written, read) == [(0, 1), (1, 2)]
    assert match(written, []) == match([], read) == []


def test_the_manifest_names_both_files_and_offers_none_to_fetch():
    path = MANIFESTS / "renaissance.json"
    manifest = Manifest.read(path)
    assert manifest.files == ()
    assert [source.name.rsplit(".", 1)[1] for source in manifest.unverified] == ["pdf", "docx"]
    assert "sha256" not in {key for source in json.loads(path.read_text())["isBasedOn"] for key in source}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_manifest_is_valid_croissant():
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")
    dataset = mlcroissant.Dataset(str(MANIFESTS / "renaissance.json"))
    assert dataset.metadata.ctx.issues.errors == set()


def test_the_source_is_small_and_says_where_it_comes_from():
    path = Path(data.__file__).with_name("source.txt")
    assert path.stat().st_size < 300_000
    head = path.read_text("utf-8")[:300]
    assert "Public domain" in head
    assert TEXT not in head.splitlines()[3]
