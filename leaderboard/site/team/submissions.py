"""What a team asks of its own submissions over HTTP: where they stand, files, receipts, cards, and its finals."""

import io
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Annotated, Any

import numpy as np
from fastapi import Depends, FastAPI, Path
from fastapi.responses import Response, StreamingResponse

from leaderboard.event import Event, EventError
from leaderboard.intake.cards import write_card
from leaderboard.intake.standing import Standing, automatic_final, own, select_final
from leaderboard.public.data import public_data
from leaderboard.site import answers
from leaderboard.site.live import Boards
from leaderboard.site.paging import Paged
from leaderboard.site.team.own import OwnFile, csv_of, own_files
from leaderboard.store import prediction_files
from leaderboard.store.cards import CardText, cards_of
from leaderboard.store.database import Database
from leaderboard.store.prediction_files import DamagedFile
from leaderboard.store.queries import note_file
from leaderboard.store.tables import Submission, Team

Number = Annotated[int, Path(ge=1, lt=2**63)]
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "CSV, or npy where answers are images", "content": {"text/csv": {}}}
}

PART = 2**16
"""Bytes of a file that are sent at once."""

CIRCUIT: dict[int | str, dict[str, Any]] = {200: {"description": "OpenQASM 3", "content": {"text/plain": {}}}}


def serve_submissions(
    api: FastAPI,
    event: Event,
    store: Database,
    boards: Boards,
    *,
    sender: Callable[..., Team],
    reader: Callable[..., Team],
    patiently: Callable[..., Any],
) -> None:
    """Serve a team's own submissions.

    Parameters
    ----------
    api : FastAPI
    event : Event
    store : Database
    boards : Boards
    sender : callable
        Gives the team whose token was sent.
    reader : callable
        Likewise, or the team that the browser is signed in for: it may read what a link on the page leads to.
    patiently : callable
        Runs what may wait for others who write.
    """
    Sender = Annotated[Team, Depends(sender)]
    Reader = Annotated[Team, Depends(reader)]

    @api.get("/submissions", response_model=list[answers.Submission])
    def my_submissions(sender: Sender, page: Paged) -> Sequence[OwnFile]:
        """The team's own files, the newest first, and where each stands."""
        before = () if page.after is None else (Submission.id < page.after,)
        with store.read() as session:
            return page.of_newest(own_files(session, boards, sender, *before), lambda one: one.submission)

    @api.get("/submissions/{number}", response_model=answers.Submission)
    def my_submission(number: Number, sender: Sender) -> OwnFile:
        """Where one of the team's own files stands."""
        with store.read() as session:
            own(session, sender, number)
            (one,) = own_files(session, boards, sender, Submission.id == number)
            return one

    def choose(sender: Team, number: int) -> Standing:
        with store.write() as session:
            return select_final(session, event, sender, number)

    @api.post("/submissions/{number}/select", response_model=answers.Chosen)
    async def select(number: Number, sender: Sender) -> Standing:
        """Choose the file as the team's final one on its track."""
        return await patiently(choose, sender, number)

    def leave_it_to_the_board(sender: Team, name: str) -> None:
        with store.write() as session:
            automatic_final(session, event, sender, name)

    @api.delete("/tracks/{track}/final", status_code=204)
    async def choose_none(track: str, sender: Sender) -> None:
        """Take the choice of a final back: the board's best decides."""
        challenge, found = event.track(track)
        await patiently(leave_it_to_the_board, sender, challenge.full_name(found))

    @api.get("/submissions/{number}/receipt", response_model=answers.Receipt, response_model_exclude_unset=True)
    def my_receipt(number: Number, reader: Reader, response: Response) -> dict:
        """The receipt as it was given."""
        with store.read() as session:
            receipt = own(session, reader, number).receipt
        if receipt is None:
            raise EventError(f"the receipt of no. {number} was not kept: send the same file again, which gives it anew")
        response.headers.update(_named(f"receipt-{number}.json"))
        return receipt

    @api.get("/submissions/{number}/circuit", response_class=Response, responses=CIRCUIT)
    def my_circuit(number: Number, reader: Reader) -> Response:
        """The circuit that was declared with a file, word for word."""
        with store.read() as session:
            circuit = own(session, reader, number).circuit
            if circuit is None:
                raise EventError(f"no circuit was declared with no. {number}")
            return Response(circuit.text, media_type="text/plain", headers=_named(f"circuit-{number}.qasm"))

    def file_of(team: Team, number: int) -> tuple[Submission, io.BufferedIOBase]:
        with store.read() as session:
            found = own(session, team, number)
        try:
            return found, prediction_files.opened(event, found.sha256)
        except DamagedFile as error:
            with store.write() as session:
                note_file(session, found.sha256, lost=True)
            raise EventError(
                f"the file of no. {number} was lost here: send it again, which restores it and costs you nothing"
            ) from error

    @api.get("/submissions/{number}/file", response_class=Response, responses=FILE)
    async def my_file(number: Number, reader: Reader) -> Response:
        """The predictions that are kept: sent again, they are the same file."""
        found, file = await patiently(file_of, reader, number)
        _, track = event.track(found.track)
        name = f"submission-{number}"
        if track.answers == "images":
            headers = _named(f"{name}.npy") | {"Content-Length": str(os.fstat(file.fileno()).st_size)}
            return StreamingResponse(_parts(file), media_type="application/octet-stream", headers=headers)
        values = await patiently(_values, file)
        ids = public_data(event, found.track).format().ids
        return StreamingResponse(csv_of(ids, values, track), media_type="text/csv", headers=_named(f"{name}.csv"))

    @api.get("/submissions/{number}/card")
    def my_card(number: Number, sender: Sender) -> CardText:
        """What the team says of how a file was made."""
        with store.read() as session:
            own(session, sender, number)
            card = cards_of(session, [number]).get(number)
        if card is None:
            raise EventError(f"no. {number} has no card yet")
        return card

    def put(sender: Team, number: int, card: CardText) -> CardText:
        with store.write() as session:
            write_card(session, sender, number, card)
        return card

    @api.put("/submissions/{number}/card")
    async def put_card(number: Number, card: CardText, sender: Sender) -> CardText:
        """Say how a file was made."""
        return await patiently(put, sender, number, card)


def _parts(file: io.BufferedIOBase) -> Iterator[bytes]:
    with file:
        yield from iter(partial(file.read, PART), b"")


def _values(file: io.BufferedIOBase) -> np.ndarray:
    with file:
        return np.load(file, allow_pickle=False)


def _named(name: str) -> dict[str, str]:
    """Return the header that has a browser keep an answer as a file of that name."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}
