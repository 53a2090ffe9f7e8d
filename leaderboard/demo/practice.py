"""A private event of one challenge on one's own machine: to rehearse for another, or as an exercise."""

import zipfile
from pathlib import Path

from challenges import spec
from challenges.files import folder_made_whole, write_atomically
from challenges.spec import SizeName
from leaderboard.demo.play import opened
from leaderboard.event import Event
from leaderboard.judge.judging import Judge
from leaderboard.kit.layout import folder_of, submission_name
from leaderboard.people.teams import add_team, find_team, issue_token
from leaderboard.public.data import kit_file
from leaderboard.serve import must_not_be_served

TEAM = "Practice"
PROVES_NOTHING = "Practice: the answers lie on this machine, too, so scores prove nothing."
DAYS = 365


def set_aside(home: Path) -> Path | None:
    """Give the folder of a practice another name, so that a new one can be made; return it, None if there is none.

    Raises
    ------
    leaderboard.serve.ServedAlready
        If another process serves it.
    """
    if not home.exists():
        return None
    _must_rest(home)
    number = 1
    while (aside := home.with_name(f"{home.name}.{number}")).exists():
        number += 1
    return home.rename(aside)


def open_practice(home: Path, challenge_id: str, *, size: SizeName, address: str) -> Judge:
    """Return the judge of the practice that lies in a folder, made first if there is none.

    Parameters
    ----------
    home : Path
        What the event lies in, as ``event``.
    challenge_id : str
    size : str
        Of a new one's data.
    address : str
        Where a new one will be served; its kit tells.

    Raises
    ------
    leaderboard.serve.ServedAlready
        If another process serves it.
    """
    _must_rest(home)
    return opened(
        home / "event",
        name=f"Practice: {spec.load(challenge_id).title}",
        challenges=[challenge_id],
        size=size,
        days=DAYS,
        registration="open",
        public_url=address,
        banner=PROVES_NOTHING,
    )


def _must_rest(home: Path) -> None:
    if (home / "event" / "event.toml").exists():
        must_not_be_served(Event(home / "event"))


def token_of(judge: Judge) -> str:
    """Return the token of the team that practises, which is made the first time; it is good on this machine alone."""
    file = judge.event.folder / "practice-token.txt"
    if not file.exists():
        with judge.store.write() as session:
            team = find_team(session, TEAM) or add_team(session, TEAM)
            write_atomically(file, issue_token(session, team, demo=True).encode(), 0o600)
    return file.read_text("ascii")


def unpack(judge: Judge, challenge_id: str, folder: Path) -> None:
    """Unpack a challenge's kit into a folder, unless that is there: what a team has in it stays as it is."""
    if folder.exists():
        return
    with folder_made_whole(folder) as staging, zipfile.ZipFile(kit_file(judge.event, challenge_id)) as kit:
        for entry in kit.infolist():
            entry.filename = entry.filename.removeprefix(f"{challenge_id}/")
            kit.extract(entry, staging)


def next_commands(judge: Judge, challenge_id: str, kit: Path, address: str) -> list[str]:
    """Return the commands by which a first file is made and sent: into the kit, train its first starter, send."""
    challenge = judge.event.challenge(challenge_id)
    track = next(one for one in judge.event.tracks_of(challenge) if challenge.starter(one).exists())
    place, file = folder_of(challenge, track), submission_name(track)
    options = f" --track {challenge.full_name(track)} --wait"
    if track.circuit:
        options += f" --circuit {next(challenge.folder.glob('*.qasm')).name}"
    if address != judge.event.first.public_url:
        options += f" --url {address}"
    return [
        f"cd {kit}",
        f"python {place}starter.py",
        f"PHYSATHON_TOKEN={token_of(judge)} python submit.py submit {place}{file}{options}",
    ]
