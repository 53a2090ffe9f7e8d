"""Fetching: what arrives under the final name is right, and what arrived before is not asked for again."""

import errno
import hashlib
import importlib.util
import json
import os
import re
import shutil
import socket
import threading
import warnings
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from challenges import spec
from challenges.fetching import CHECKSUMS, ChecksumError, DownloadError, fetch, fetch_unverified
from challenges.files import DiskFullError, staged, write_atomically, written_whole
from challenges.higgs.layout import FEATURES, TARGET
from challenges.manifest import Manifest, ManifestError, RemoteFile
from challenges.recordings import surveys
from challenges.spec import MANIFESTS

CONTENT = bytes(range(256)) * 2000
HIGGS = MANIFESTS / "higgs.json"


class Server(ThreadingHTTPServer):
    """A file server on the loopback interface that can be told to misbehave, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.etag = '"first"'
        self.knows_range = True
        self.cuts: list[int] = []  # after how many bytes the next answers break off
        self.states_length = True
        self.encoding: str | None = None
        self.refusals: list[int] = []  # with what status the next requests are refused
        self.shift = 0  # how far beside the asked byte an answer starts
        self.asked: list[dict[str, str]] = []


class Handler(BaseHTTPRequestHandler):
    """Answers as the server's switches say."""

    server: Server

    def do_GET(self) -> None:
        server = self.server
        server.asked.append(dict(self.headers))
        if server.refusals:
            self.send_error(server.refusals.pop(0))
            return
        start = 0
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = self.headers.get("If-Range", server.etag) == server.etag
        if asked and server.knows_range and same:
            start = int(asked[1]) + server.shift
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(server.content) - 1}/{len(server.content)}")
        else:
            self.send_response(200)
        if server.etag:
            self.send_header("ETag", server.etag)
        if server.encoding:
            self.send_header("Content-Encoding", server.encoding)
        body = server.content[start:]
        if server.states_length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if server.cuts:
            body = body[: server.cuts.pop(0)]
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("challenges.fetching.CHUNK", 1 << 14)
    server = Server()
    thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.01))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def file(server):
    return RemoteFile(
        name="events.bin",
        url=f"http://127.0.0.1:{server.server_address[1]}/events.bin",
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        encoding_format="application/octet-stream",
    )


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_fetch_brings_the_file_reports_progress_and_then_asks_no_more(server, file, tmp_path):
    seen = []
    path = fetch(file, tmp_path / "new", progress=lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert seen == sorted(set(seen))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert len(seen) > 3
    assert fetch(file, tmp_path / "new") == path
    assert len(server.asked) == 1
    assert left_in(path.parent) == ["events.bin"]


def test_a_cut_download_is_continued_at_once_from_where_it_broke_off(server, file, tmp_path):
    server.cuts = [100_000, 50_000]
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert [headers.get("Range") for headers in server.asked] == [None, "bytes=100000-", "bytes=150000-"]
    assert server.asked[1]["If-Range"] == '"first"'
    assert left_in(tmp_path) == ["events.bin"]


def test_a_download_that_was_given_up_is_continued_by_the_next_fetch(server, file, tmp_path):
    server.cuts = [1000] * 3
    with pytest.raises(DownloadError, match=r"expected 512,000 bytes, got 3,000 in 3 tries"):
        fetch(file, tmp_path)
    assert left_in(tmp_path) == ["events.bin.part", "events.bin.part.etag"]
    assert (tmp_path / "events.bin.part").read_bytes() == CONTENT[:3000]
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert server.asked[-1]["Range"] == "bytes=3000-"


def test_a_cut_is_noticed_though_the_server_states_no_length(server, file, tmp_path):
    server.states_length = False
    server.cuts = [1000]
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert len(server.asked) == 2


def test_a_server_without_range_sends_everything_again(server, file, tmp_path):
    server.knows_range = False
    server.cuts = [100_000]
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert server.asked[1]["Range"] == "bytes=100000-"


def test_a_file_that_changed_meanwhile_is_sent_anew_from_its_first_byte(server, file, tmp_path):
    right, server.content = server.content, bytes(len(CONTENT))
    server.cuts = [1000] * 3
    with pytest.raises(DownloadError):
        fetch(file, tmp_path)
    server.content, server.etag = right, '"second"'
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert server.asked[-1]["If-Range"] == '"first"'


def test_without_etag_the_checksum_finds_a_file_mixed_of_two(server, file, tmp_path):
    server.etag = ""
    (tmp_path / "events.bin.part").write_bytes(bytes(1000))
    with pytest.raises(ChecksumError, match="expected sha256"):
        fetch(file, tmp_path)
    assert "If-Range" not in server.asked[0]
    assert left_in(tmp_path) == []
    assert fetch(file, tmp_path).read_bytes() == CONTENT


def test_a_weak_etag_does_not_vouch_for_bytes(server, file, tmp_path):
    server.etag = 'W/"first"'
    server.cuts = [1000]
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert "If-Range" not in server.asked[1]


def test_wrong_bytes_never_get_the_final_name(server, file, tmp_path):
    server.content = CONTENT[::-1]
    with pytest.raises(ChecksumError) as error:
        fetch(file, tmp_path)
    for part in (file.url, file.sha256, hashlib.sha256(CONTENT[::-1]).hexdigest()):
        assert part in str(error.value)
    assert left_in(tmp_path) == []


def test_a_wrong_file_under_the_final_name_is_replaced(server, file, tmp_path):
    (tmp_path / "events.bin").write_bytes(b"something else")
    assert fetch(file, tmp_path).read_bytes() == CONTENT


def test_a_whole_part_needs_no_server(server, file, tmp_path):
    (tmp_path / "events.bin.part").write_bytes(CONTENT)
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert server.asked == []


def test_a_part_that_is_too_long_is_dropped(server, file, tmp_path):
    (tmp_path / "events.bin.part").write_bytes(CONTENT + b"more")
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert "Range" not in server.asked[0]


def test_the_sign_in_page_of_a_network_does_not_cost_what_arrived_before(server, file, tmp_path):
    (tmp_path / "events.bin.part").write_bytes(CONTENT[:3000])
    server.content, server.knows_range = b"<html>please sign in</html>", False
    with pytest.raises(DownloadError, match="expected 512,000 bytes, the server offers 27"):
        fetch(file, tmp_path)
    assert (tmp_path / "events.bin.part").read_bytes() == CONTENT[:3000]


def test_a_server_that_sends_too_much_is_stopped(server, file, tmp_path):
    server.content, server.states_length = CONTENT * 2, False
    seen = []
    with pytest.raises(DownloadError, match="the server sends more"):
        fetch(file, tmp_path, progress=lambda done, total: seen.append(done))
    assert max(seen) <= len(CONTENT)
    assert left_in(tmp_path) == []


def test_bytes_marked_as_compressed_are_stored_as_they_come(server, file, tmp_path):
    server.encoding = "x-gzip"
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert server.asked[0]["Accept-Encoding"] == "identity"


def test_a_refusal_names_the_address_and_the_status(server, file, tmp_path):
    server.refusals = [404]
    with pytest.raises(DownloadError, match=rf"{file.url}.*HTTP 404 Not Found"):
        fetch(file, tmp_path)


def test_a_part_the_server_cannot_continue_is_started_anew(server, file, tmp_path):
    (tmp_path / "events.bin.part").write_bytes(bytes(1000))
    server.refusals = [416]
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert "Range" not in server.asked[1]


def test_an_answer_that_starts_elsewhere_is_refused(server, file, tmp_path):
    (tmp_path / "events.bin.part").write_bytes(CONTENT[:1000])
    server.shift = 1
    with pytest.raises(DownloadError, match="asked for the bytes from 1000, got bytes 1001-"):
        fetch(file, tmp_path)


def test_nobody_there_is_a_named_error(file, tmp_path):
    with pytest.raises(DownloadError, match="in 3 tries"):
        fetch(file.model_copy(update={"url": "http://127.0.0.1:1/"}), tmp_path)


def test_too_small_a_disk_is_found_before_the_download(server, file, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    with pytest.raises(DiskFullError, match=r"needs up to 512,000 bytes, 1,000 are free") as error:
        fetch(file, tmp_path)
    assert (error.value.needed, error.value.free) == (512_000, 1000)
    assert error.value.path == tmp_path / "events.bin.part"
    assert server.asked == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full, a disk that is always full, is not there")
def test_a_disk_that_runs_full_during_the_download_is_a_named_error(server, file, tmp_path):
    (tmp_path / "events.bin.part").symlink_to("/dev/full")
    with pytest.raises(DiskFullError, match=r"events\.bin\.part: no space left .* needs up to 512,000 bytes"):
        fetch(file, tmp_path)
    assert len(server.asked) == 1
    assert not (tmp_path / "events.bin").exists()


def write_half(target: Path, failure: OSError) -> None:
    with written_whole(target, needed=7) as temporary:
        temporary.write_text("half")
        raise failure


def test_written_whole_leaves_the_old_file_when_the_new_one_fails(tmp_path):
    target = tmp_path / "table"
    target.write_text("old")
    with pytest.raises(DiskFullError, match="needs up to 7 bytes"):
        write_half(target, OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(PermissionError):
        write_half(target, PermissionError(errno.EACCES, "not a matter of room"))
    assert target.read_text() == "old"
    assert left_in(tmp_path) == ["table"]


def test_two_who_write_the_same_file_at_once_do_not_meet(tmp_path):
    target = tmp_path / "table"
    with staged(target, b"one") as first, staged(target, b"two") as second, staged(target, b"three"):
        second()
        first()
    assert target.read_bytes() == b"one"
    assert left_in(tmp_path) == ["table"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full, a disk that is always full, is not there")
def test_a_disk_that_runs_full_leaves_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "table"
    target.write_text("old")
    write = os.open
    monkeypatch.setattr(
        "os.open", lambda path, *how: write("/dev/full" if ".partial" in str(path) else path, os.O_WRONLY)
    )
    with pytest.raises(DiskFullError, match="needs up to 3 bytes"):
        write_atomically(target, b"new")
    monkeypatch.undo()
    assert target.read_text() == "old"
    assert left_in(tmp_path) == ["table"]


def test_the_higgs_manifest_says_what_the_published_file_is():
    manifest = Manifest.read(HIGGS)
    assert manifest.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert "Baldi" in manifest.citation
    assert "data set 280" in manifest.citation
    [file] = manifest.files
    assert file == RemoteFile(
        name="HIGGS.csv.gz",
        url="https://archive.ics.uci.edu/ml/machine-learning-databases/00280/HIGGS.csv.gz",
        size=2_816_407_858,
        sha256="ea302c18164d4e3d916a1e2e83a9a8d07069fa6ebc7771e4c0540d54e593b698",
        encoding_format="application/gzip",
    )


BROKEN = {
    "sha256": lambda file: file.pop("sha256"),
    "sha256 ": lambda file: file.update(sha256="unknown"),
    "contentSize": lambda file: file.update(contentSize="2.8 GB"),
    "contentUrl": lambda file: file.update(contentUrl="file:///etc/passwd"),
    "name": lambda file: file.update(name="../HIGGS.csv.gz"),
}


@pytest.mark.parametrize("key", BROKEN)
def test_a_manifest_that_cannot_be_fetched_from_names_the_key(key, tmp_path):
    content = json.loads(HIGGS.read_text("utf-8"))
    BROKEN[key](content["distribution"][0])
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(content), "utf-8")
    with pytest.raises(ManifestError, match=rf"broken\.json(.|\n)*{key.strip()}"):
        Manifest.read(broken)


def test_a_manifest_that_is_not_json_is_a_named_error(tmp_path):
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(ManifestError, match=r"broken\.json"):
        Manifest.read(tmp_path / "broken.json")


def croissant_fields(path: Path) -> list:
    """Let the reference implementation read a manifest, as ``mlcroissant validate`` does; it needs no network."""
    if importlib.util.find_spec("mlcroissant") is None:
        assert os.environ.get("PHYSATHON_REQUIRE_TOOLS") != "1", "mlcroissant is required here and not installed"
        pytest.skip("mlcroissant is not installed")
    with warnings.catch_warnings():
        # Of the libraries that mlcroissant builds on.
        warnings.simplefilter("ignore", DeprecationWarning)
        import mlcroissant

        dataset = mlcroissant.Dataset(str(path))
    assert dataset.metadata.ctx.issues.warnings == set()
    [record_set] = dataset.metadata.record_sets
    return record_set.fields


def test_the_higgs_manifest_is_valid_croissant_without_network_and_describes_every_column(monkeypatch):
    def refuse(*_: object) -> None:
        raise AssertionError("validation asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse, raising=False)
    fields = croissant_fields(HIGGS)
    assert [field.name for field in fields] == [TARGET, *FEATURES]
    line = ",".join(map(str, range(29)))
    for column, field in enumerate(fields):
        [transform] = field.source.transforms
        assert re.match(transform.regex, line)[1] == str(column)


def test_croissant_validation_can_fail(tmp_path):
    content = json.loads(HIGGS.read_text("utf-8"))
    del content["distribution"][0]["sha256"]
    (tmp_path / "broken.json").write_text(json.dumps(content), "utf-8")
    with pytest.raises(Exception, match="sha256"):
        croissant_fields(tmp_path / "broken.json")


def test_a_simulator_is_given_options_of_its_own_alone():
    track = spec.load("exoplanet").tracks[0]
    with pytest.raises(spec.ChallengeError, match="the simulator of exoplanet has no option colour"):
        spec.load("exoplanet").simulator(track, colour="red")
    nulls = spec.load("exoplanet").simulator(track, signal=False)(6, 3)
    assert len(nulls) == 6


def test_a_file_without_a_published_checksum_is_taken_once_and_remembered(server, tmp_path):
    url = f"http://127.0.0.1:{server.server_address[1]}/disk.fits"
    assert fetch_unverified(url, tmp_path).read_bytes() == CONTENT
    assert (tmp_path / CHECKSUMS).read_text() == f"{hashlib.sha256(CONTENT).hexdigest()}  disk.fits\n"
    fetch_unverified(url, tmp_path)
    assert len(server.asked) == 1
    (tmp_path / "disk.fits").write_bytes(b"another")
    with pytest.raises(ChecksumError, match="as when it first came"):
        fetch_unverified(url, tmp_path)
    (tmp_path / "by_hand.fits").write_bytes(b"mine")
    assert fetch_unverified(url.replace("disk", "by_hand"), tmp_path).read_bytes() == b"mine"


@pytest.mark.parametrize("trouble", ["refused", "cut", "away"])
def test_of_an_unverified_file_that_does_not_come_nothing_is_left(server, tmp_path, trouble):
    port = server.server_address[1]
    if trouble == "refused":
        server.refusals = [404]
    elif trouble == "cut":
        server.cuts = [1000]
    else:
        port = 9  # where nobody listens
    with pytest.raises(DownloadError, match=r"disk\.fits: (expected|cannot be downloaded)"):
        fetch_unverified(f"http://127.0.0.1:{port}/disk.fits", tmp_path)
    assert left_in(tmp_path) == []


def test_recordings_of_a_challenge_have_addresses_beams_and_distances():
    found = {survey.name: survey for survey in surveys(spec.load("exoplanet"))}
    assert {name: len(survey.recordings) for name, survey in found.items()} == {
        "DSHARP": 20, "eDisk": 19, "exoALMA": 15, "MAPS": 5,
    }  # fmt: skip
    assert all(one.beam and one.file for one in found["DSHARP"].recordings)
    assert all(bool(survey.address) != bool(survey.missing) for survey in found.values())
    assert all(60 < one.distance < 320 for survey in found.values() for one in survey.recordings)
    with pytest.raises(spec.ChallengeError, match=r"higgs takes no recordings: it has no recordings\.toml"):
        surveys(spec.load("higgs"))
