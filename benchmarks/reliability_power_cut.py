"""Power cuts: copies of a disk, taken right after receipts were given, hold every file that has one.

The disk is ext4 on a loop device. What the file system has not flushed is not in the file behind the device, so a copy
of that file is what a power cut would leave. That the proof can fail is shown beside: the same without flushing.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from benchmarks._event import small_event
from leaderboard.event import Event
from leaderboard.intake import receipts
from leaderboard.judge import worker
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.store import prediction_files
from leaderboard.store.tables import Submission

CUTS = (1, 30, 100)
"""After so many receipts the power is cut."""

MEGABYTES = 96
MAY_MOUNT = 21
"""The number of Linux's capability CAP_SYS_ADMIN."""


def why_not() -> str | None:
    """Return what is missing here to mount a disk of one's own, if anything is."""
    status = Path("/proc/self/status")
    if not status.exists() or not int(re.findall(r"CapEff:\s*(\w+)", status.read_text())[0], 16) >> MAY_MOUNT & 1:
        return "only who administers a Linux system may mount"
    missing = [tool for tool in ("mkfs.ext4", "mount", "umount") if shutil.which(tool) is None]
    if missing:
        return f"{', '.join(missing)} is not installed"
    return None if Path("/dev/loop-control").exists() else "there are no loop devices"


@contextmanager
def mounted(image: Path, place: Path) -> Generator[Path]:
    """Mount an image while the block lasts."""
    place.mkdir()
    subprocess.run(["mount", "-o", "loop", image, place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def lost_after(image: Path, place: Path, documents: list[dict]) -> tuple[int, int]:
    """Return of how many receipts the file or the row is not there after a cut, and how many files are judged."""
    with mounted(image, place) as disk:
        event = Event(disk / "event")
        judge = Judge(event, Vault(event))
        try:
            lost = 0
            for document in documents:
                receipt = receipts.verify(document, event)
                with judge.store.read() as session:
                    row = session.get(Submission, receipt.submission)
                there = row is not None and row.sha256 == receipt.predictions_sha256
                lost += not (there and prediction_files.is_whole(event, receipt.predictions_sha256))
            return lost, 0 if lost else worker.work(judge, once=True)
        finally:
            judge.close()


def cut(folder: Path, *, flushing: bool) -> list[tuple[int, int, int]]:
    """Take files in, cut the power now and then; return receipts, losses and judged files of each cut."""
    folder.mkdir()
    image = folder / "disk"
    with image.open("wb") as file:
        file.truncate(MEGABYTES << 20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    documents, copies = [], {}
    with mounted(image, folder / "mounted") as disk, small_event(disk / "event", team_count=3) as event:
        uploads = event.uploads(max(CUTS))
        with mock.patch("os.fsync", os.fsync if flushing else lambda descriptor: None):
            for number, upload in enumerate(uploads, start=1):
                documents.append(event.send(number, upload))
                if number in CUTS:
                    copies[number] = shutil.copyfile(image, folder / f"cut-{number}")
    return [
        (number, *lost_after(copy, folder / f"after-{number}", documents[:number])) for number, copy in copies.items()
    ]


def main() -> None:
    """Cut the power with and without flushing, and hold the losses against the promise."""
    reason = why_not()
    if reason is not None:
        print(f"skipped: {reason}")
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, flushing in (("as it is", True), ("without flushing", False)):
            found = cut(Path(folder) / name.replace(" ", "-"), flushing=flushing)
            for given, lost, judged in found:
                print(f"{name}: cut after {given} receipts: {lost} lost, {judged} judged afterwards", flush=True)
            losses = sum(lost for _, lost, _ in found)
            if flushing:
                assert losses == 0, f"{losses} receipts did not survive a power cut"
                assert [judged for _, _, judged in found] == list(CUTS), "not every file was judged afterwards"
            else:
                assert losses > 0, "without flushing nothing was lost: the proof proves nothing here"


if __name__ == "__main__":
    main()
