"""Tabs of browsers, as far as a server notices them: Streamlit's websocket, and the parts that pages keep alive."""

import asyncio
import gzip
import html
import re
import time
from collections.abc import Awaitable, Callable
from math import inf

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

ALIVE = re.compile(r'data-from="([^"]*)" data-every="([^"]*)" data-name="&quot;(\w+)&quot;"')
FACE = re.compile(r'data-face="(\w+)"')


class Tab:
    """One tab on one page: it draws the page once, then each part at its interval, as a browser does.

    A part is either one that the page's script keeps alive, by asking for it, or one that Streamlit draws again.

    Parameters
    ----------
    address : str
        Host and port.
    page : str
        The page's address, without a slash.
    query : str
        What follows the question mark.
    whole_every : float, optional
        Seconds between two drawings of the whole page, in place of those of parts.
    """

    def __init__(self, address: str, page: str, query: str = "", whole_every: float | None = None) -> None:
        self.address, self.page, self.query, self.whole_every = address, page, query, whole_every
        self.seconds: list[float] = []
        self.first = 0.0
        self.received = 0
        self._held: dict[str, ForwardMsg] = {}
        self._due: dict[str, tuple[float, float]] = {}
        self._names: dict[str, str] = {}
        self._face = self._hash = ""
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def look(self, until: Callable[[], bool], started: Callable[[], Awaitable[None]]) -> None:
        """Keep the tab open until it is told to end; what each drawing took, from when it was due, is noted."""
        url = f"ws://{self.address}/_stcore/stream"
        async with connect(url, subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[list-item]
            start = time.perf_counter()
            await self._draw(socket, "")
            self.first = time.perf_counter() - start
            await started()
            if self.whole_every:
                self._due = {"": (time.perf_counter() + self.whole_every, self.whole_every)}
            while not until():
                part, (due, _) = min(self._due.items(), key=lambda one: one[1][0])
                await asyncio.sleep(max(due - time.perf_counter(), 0))
                changed = await self._ask(part) if part.startswith("/") else await self._draw(socket, part)
                done = time.perf_counter()
                self.seconds.append(done - due)
                if part in self._due:
                    self._due[part] = max(due + self._due[part][1], done), self._due[part][1]
                if changed:
                    await self._draw(socket, "")

    async def _ask(self, part: str) -> bool:
        """Ask for a part by its address; return whether the clock in it says that the page is to be drawn anew."""
        host, _, port = self.address.partition(":")
        if self._line is None or self._line[0].at_eof():
            self._line = await asyncio.open_connection(host, int(port))
        reader, writer = self._line
        wanted = f'Host: {self.address}\r\nIf-None-Match: "{self._names[part]}"\r\nAccept-Encoding: gzip\r\n'
        writer.write(f"GET {part} HTTP/1.1\r\n{wanted}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        status, headers = head.split(" ", 2)[1], dict(re.findall(r"(?m)^([\w-]+): (.*)\r$", head))
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.received += len(head) + len(body)
        if status not in ("200", "304"):
            raise ConnectionError(f"{part}: {head}")
        self._due[part] = self._due[part][0], float(headers["physathon-again"])
        self._names[part] = headers["etag"].strip('"')
        face = FACE.search(gzip.decompress(body).decode()) if body else None
        return bool(face) and face[1] != self._face

    async def _draw(self, socket: ClientConnection, part: str) -> None:
        """Ask for a drawing of a part, or of the whole page, and wait for its end."""
        asked = BackMsg()
        asked.rerun_script.query_string = self.query
        asked.rerun_script.page_name = "" if self._hash else self.page
        asked.rerun_script.page_script_hash = self._hash
        asked.rerun_script.fragment_id = part
        asked.rerun_script.is_auto_rerun = bool(part)
        asked.rerun_script.cached_message_hashes.extend(self._held)
        asked.rerun_script.context_info.timezone = "Europe/Lisbon"
        asked.rerun_script.context_info.url = f"http://{self.address}/{self.page}"
        await socket.send(asked.SerializeToString())
        parts: dict[str, tuple[float, float]] = {}
        while True:
            data = await socket.recv()
            self.received += len(data)
            message = ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode())
            if message.WhichOneof("type") == "ref_hash":
                message = self._held[message.ref_hash]
            kind = message.WhichOneof("type")
            if kind == "new_session":
                parts = {}
            elif kind == "navigation":
                self._hash = message.navigation.page_script_hash
            elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "html":
                body = message.delta.new_element.html.body
                for address, every, name in ALIVE.findall(body):
                    self._names[html.unescape(address)] = name
                    parts[html.unescape(address)] = time.perf_counter() + float(every), float(every)
                if face := FACE.search(body):
                    self._face = face[1]
            elif kind == "auto_rerun":
                every = message.auto_rerun.interval
                parts[message.auto_rerun.fragment_id] = time.perf_counter() + every, every
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                whole = message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
                kept = {key: one for key, one in self._due.items() if not (whole and key)}
                self._due = kept if self.whole_every else kept | parts
                return
            if message.metadata.cacheable and message.hash:
                self._held[message.hash] = message


async def together(tabs: list[Tab], seconds: float, apart: float) -> None:
    """Open tabs one after the other, a moment apart, and keep all open for some seconds after the last was drawn."""
    drawn, end = asyncio.Semaphore(0), inf

    async def started() -> None:
        drawn.release()

    async with asyncio.TaskGroup() as group:
        for tab in tabs:
            group.create_task(tab.look(lambda: time.perf_counter() > end, started))
            await asyncio.sleep(apart)
        for _ in tabs:
            await drawn.acquire()
        for tab in tabs:
            tab.seconds.clear()
            tab.received = 0
        end = time.perf_counter() + seconds
