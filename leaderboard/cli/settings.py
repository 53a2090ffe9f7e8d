"""The commands that change an event while people play, and show what holds."""

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from leaderboard.cli.common import HERE, EventOption, console, storing
from leaderboard.config import LIVE
from leaderboard.event import Event

app = typer.Typer()


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
    console.print(f"{key}: {settings.said(old, zone)} → {settings.said(new, zone)}", markup=False, soft_wrap=True)
    if key == "registration" and new == "open":
        console.print(settings.OPEN)
    if not confirmed:
        console.print(f"This side has no vault. {settings.WITHOUT_VAULT[key]}")


@app.command("settings")
def settings_(event: EventOption = HERE) -> None:
    """Show the settings that hold now, and which were changed since the event was made."""
    from leaderboard.store import settings

    with storing(event) as (found, store):
        changed = _now(store)
    holding = found.with_settings(changed)
    table = Table("setting", "value", "since")
    for key in type(holding).model_fields:
        table.add_row(
            key, settings.said(getattr(holding, key), holding.zone), "changed" if key in changed else "event.toml"
        )
    console.print(table)


def _now(store) -> dict:
    from leaderboard.store import settings

    with store.read() as session:
        return dict(settings.changed(session))


def _confirm(event: Event, key: str, value: object) -> bool:
    """Let the judge know a moment that was set on its own side; return whether nothing of that kind is left to say."""
    from leaderboard.store.settings import WITHOUT_VAULT

    if key not in WITHOUT_VAULT or not isinstance(value, datetime | None):
        return True
    from leaderboard.judge.vault import Vault

    if not event.vault.is_dir():
        return False
    Vault(event).confirm(key, value)
    return True
