"""A storage that speaks S3, as a process of the tests' own: moto's, with a switch by which it answers 503."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from threading import Timer
from urllib.error import URLError

BUCKET = "hackathon"


class Storage:
    """Prefixes of a bucket.

    Attributes
    ----------
    environment : dict of str to str
        How its users find it.
    """

    def __init__(self, endpoint: str, switch: Path) -> None:
        self._switch, self._names = switch, count(1)
        self.environment = {"AWS_ENDPOINT_URL": endpoint, "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1"}
        self.environment |= {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "not secret"}

    def new_url(self) -> str:
        """Return the address of an event's files that nothing is at yet."""
        return f"s3://{BUCKET}/event{next(self._names)}"

    @contextmanager
    def out_of_order(self, seconds: float | None = None) -> Generator[None]:
        """Let it answer 503 while the block lasts, or for some seconds from its beginning."""
        self._switch.touch()
        timer = Timer(seconds or 0, self._switch.unlink)
        if seconds:
            timer.start()
        try:
            yield
        finally:
            timer.join() if seconds else self._switch.unlink()


class Object:
    """What a bucket has under a name, as a `Path` is what a folder has."""

    def __init__(self, url: str, name: str) -> None:
        from obstore.store import S3Store

        self._store, self.name = S3Store.from_url(url, client_options={"allow_http": True}), name

    def exists(self) -> bool:
        """Return whether there is something."""
        return any(one["path"] == self.name for found in self._store.list(self.name) for one in found)

    def read_bytes(self) -> bytes:
        """Return what it is."""
        return bytes(self._store.get(self.name).bytes())

    def write_bytes(self, content: bytes) -> None:
        """Put something else there."""
        self._store.put(self.name, content)

    def unlink(self) -> None:
        """Take it away, as nothing of ours does."""
        self._store.delete(self.name)


@contextmanager
def serving() -> Generator[Storage]:
    """Yield a storage that is gone afterwards, with all that is in it."""
    with tempfile.TemporaryDirectory(prefix="physathon-s3-") as folder:
        from tests.support import free_port

        port, switch = free_port(), Path(folder, "out of order")
        command = [sys.executable, "-m", "tests.s3", str(port), str(switch)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            bucket = urllib.request.Request(f"http://127.0.0.1:{port}/{BUCKET}", method="PUT")
            for _ in range(600):
                assert process.poll() is None, "the storage ended"
                with suppress(URLError), urllib.request.urlopen(bucket):
                    break
                time.sleep(0.1)
            yield Storage(f"http://127.0.0.1:{port}", switch)
        finally:
            process.kill()
            process.wait()


def run(port: int, switch: Path) -> None:
    """Serve until killed."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import run_simple

    storage = DomainDispatcherApplication(create_backend_app)

    def in_order_or_not(environ: dict, start: Callable) -> Iterable[bytes] | Iterator[bytes]:
        if not switch.exists():
            return storage(environ, start)
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        start("503 Slow Down", [("Content-Type", "application/xml")])
        return [b"<Error><Code>SlowDown</Code></Error>"]

    run_simple("127.0.0.1", port, in_order_or_not, threaded=True)


if __name__ == "__main__":
    os.environ["MOTO_S3_DEFAULT_MAX_KEYS"] = "3"  # names come in many pages, as they do of many files
    run(int(sys.argv[1]), Path(sys.argv[2]))
