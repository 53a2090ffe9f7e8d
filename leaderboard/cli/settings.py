"""The commands that change an event while people play, and show what holds."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from leaderboard.cli.common import HERE, EventOption, console, storing
from leaderboard.config import LIVE
from leaderboard.event import Event

app = typer.Typer()

OPEN = (
    "Anybody can form teams now, and as many: what teams together can read off a board by probing is no longer "
    "bounded. `physathon set registration code` goes back."
)

WITHOUT_VAULT = {
    "closes": "The judge finalizes nothing before the same is said on its own side.",
    "freezes_at": "The judge keeps an earlier freeze that it has seen until the same is said on its own side.",
}
"""What it means where a moment of which the judge keeps its own is set on a machine that has no vault."""


@app.command("set", context_settings={"ignore_unknown_options": True})
def set_(
    key: Annotated[str, typer.Argument(metavar="KEY", help=f"One of {', '.join(LIVE)}.")],
    value: Annotated[str, typer.Argument(help='Of a time also "2026-12-01 18:00 Europe/Lisbon" or "+1h".')],
    event: EventOption = HERE,
    reason: Annotated[str, typer.Option(help="Why; it is written to the audit log.")] = "",
) -> None:
    """Change a setting of a running event; web and judge follow within two seconds."""
    from leaderboard.store import settings

    with storing(event) as (found, store):
        with store.write() as session:
            old, new = settings.change(session, found, key, value, who="command line", reason=reason)
        confirmed = _confirm(found, key, new)
        zone = found.with_settings(_now(store)).zone
    console.print(f"{key}: {_said(old, zone)} → {_said(new, zone)}", markup=False, soft_wrap=True)
    if key == "registration" and new == "open":
        console.print(OPEN)
    if not confirmed:
        console.print(f"This side has no vault. {WITHOUT_VAULT[key]}")


@app.command("settings")
def settings_(event: EventOption = HERE) -> None:
    """Show the settings that hold now, and which were changed since the event was made."""
    with storing(event) as (found, store):
        changed = _now(store)
    holding = found.with_settings(changed)
    table = Table("setting", "value", "since")
    for key in type(holding).model_fields:
        table.add_row(key, _said(getattr(holding, key), holding.zone), "changed" if key in changed else "event.toml")
    console.print(table)


def _now(store) -> dict:
    from leaderboard.store import settings

    with store.read() as session:
        return dict(settings.changed(session))


def _confirm(event: Event, key: str, value: object) -> bool:
    """Let the judge know a moment that was set on its own side; return whether nothing of that kind is left to say."""
    if key not in WITHOUT_VAULT or not isinstance(value, datetime | None):
        return True
    from leaderboard.judge.vault import Vault

    if not event.vault.is_dir():
        return False
    Vault(event).confirm(key, value)
    return True


def _said(value: object, zone: str) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(ZoneInfo(zone)):%A %d %B %Y %H:%M:%S} ({zone})"
    if isinstance(value, dict):
        value = tuple(f"{name} {_said(one, zone)}" for name, one in value.items())
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
