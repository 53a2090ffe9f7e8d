"""The pages: what each is called, by its address; the first is where one comes in."""

from urllib.parse import urlencode

PAGES = {
    "": "Home",
    "board": "Board",
    "challenge": "Challenge",
    "submit": "Submit",
    "team": "Team",
    "help": "Help",
    "desk": "Desk",
}

UNLISTED = "Desk"
"""The page that only those are led to who sit at the desk."""

TRACK = "track"
"""What an address and a tab's memory call the track that a page is about."""

PAGE = "page"
"""What it calls the page of a long table."""

BRACKET = "bracket"
"""What it calls the bracket whose teams alone are looked at."""

LOOKS = ("favicon.png", "serif.woff2")
"""Files of our own that every page shows."""

ABOUT_A_TRACK = {"board", "challenge", "submit", "team"}

OWN = (
    "join",
    "verify",
    "ceremony",
    "rules",
    "privacy",
    "auth",
    "auth/return",
    "trust",
    "authority.crt",
    "projector",
    "projector.json",
    "projector/qr",
    "parts/clock",
    "parts/board",
    "parts/standings",
    "parts/new",
    "parts/cards",
)
"""Addresses that are no Streamlit pages: plain HTML of ours, whole pages and parts of them."""


def page_address(page: str, track: str | None = None, /, **said: str) -> str:
    """Return the address of a page, as it is about a track, with what else it shall be told.

    Examples
    --------
    >>> page_address("board", "higgs.signal"), page_address("")
    ('/board?track=higgs.signal', '/')
    """
    told = ({TRACK: track} if track else {}) | said
    return f"/{page}?{urlencode(told)}" if told else f"/{page}"
