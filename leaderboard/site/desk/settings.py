"""Of the desk: what may change while people play, since when it is as it is, and by whom."""

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from leaderboard.config import LIVE, EventConfig
from leaderboard.event import Event
from leaderboard.site import parts, words
from leaderboard.site.desk.frame import EXPECTED, Desk
from leaderboard.site.words import plain
from leaderboard.store import settings
from leaderboard.times import FORMS

PLACE = "settings"
LOOKED = "a setting that was looked at"
LONGEST_REASON = 300


@dataclass(frozen=True)
class Looked:
    """A change that was said back and does not hold yet: a moment is kept as such, however long it is looked at."""

    key: str
    text: str
    reason: str
    old: str
    new: str
    warning: str


def show(desk: Desk) -> None:
    """Draw the part."""
    looked = st.session_state.get(LOOKED)
    if looked:
        _ask_again(desk, looked)
    else:
        _ask(desk)
    _table(desk)


def keys(event: Event) -> list[str]:
    """Return the keys that can be set, each challenge's release by itself."""
    releases = [f"releases.{name}" for name in event.config.challenges]
    return [one for key in LIVE for one in (releases if key == "releases" else [key])]


def value_of(config: EventConfig, key: str) -> object:
    """Return what a key holds."""
    name, _, challenge = key.partition(".")
    return config.releases.get(challenge) if challenge else getattr(config, name)


def _ask(desk: Desk) -> None:
    with st.form("a setting", border=True):
        first, second = st.columns([2, 3])
        key = first.selectbox("Setting", keys(desk.site.event), key=desk.key(PLACE, "key"))
        text = second.text_input("New value", max_chars=300, key=desk.key(PLACE, "value"))
        reason = st.text_input("Why, for the audit log", max_chars=LONGEST_REASON, key=desk.key(PLACE, "reason"))
        st.caption(f"Times: {plain(FORMS)}. “none” means no value; several names have commas between them.")
        if not st.form_submit_button("Look at it first"):
            return
    try:
        st.session_state[LOOKED] = _looked_at(desk, key, text, reason)
    except EXPECTED as error:
        st.error(plain(str(error)), icon=":material/close:")
    else:
        st.rerun()


def _looked_at(desk: Desk, key: str, text: str, reason: str) -> Looked:
    event, zone = desk.site.event, desk.site.event.config.zone
    with desk.site.store.read() as session:
        old, new = settings.meant(session, event, key, text)
    warning = settings.OPEN if key == "registration" and new == "open" else settings.WITHOUT_VAULT.get(key, "")
    text = new.isoformat() if isinstance(new, datetime) else text
    return Looked(key, text, reason, settings.said(old, zone), settings.said(new, zone), warning)


def _ask_again(desk: Desk, looked: Looked) -> None:
    with st.container(border=True):
        st.markdown(f"**{plain(looked.key)}**: {plain(looked.old)} → **{plain(looked.new)}**")
        if looked.warning:
            st.warning(looked.warning, icon=":material/warning:")
        with st.container(horizontal=True):
            sets, leaves = st.button("Set it", type="primary"), st.button("Leave it as it is")
    if leaves:
        del st.session_state[LOOKED]
        st.rerun()
    if sets:
        del st.session_state[LOOKED]
        with desk.act(PLACE) as session:
            settings.change(session, desk.site.event, looked.key, looked.text, who=desk.who.name, reason=looked.reason)
            desk.say(f"{looked.key}: {looked.old} → {looked.new}. {looked.warning}".strip())


def _table(desk: Desk) -> None:
    event, zone = desk.site.event, words.reader_zone()
    with desk.site.store.read() as session:
        config, last = event.with_settings(settings.changed(session)), settings.last_changes(session)
    rows = []
    for key in keys(event):
        entry, since = last.get(key), "event.toml"
        if entry:
            why = entry.details["reason"]
            since = f"{words.moment(entry.at, zone)}, {entry.details['who']}{f': {why}' if why else ''}"
        meaning = EventConfig.model_fields[key.partition(".")[0]].description
        rows.append(("", (key, settings.said(value_of(config, key), config.zone), since, meaning)))
    columns = [("Setting", "word"), ("Value", ""), ("Since, by whom and why", ""), ("What it means", "spare")]
    parts.table(columns, rows, label="Settings")
