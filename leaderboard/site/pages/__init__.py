"""The pages: what each is called, by its address; the first is where one comes in."""

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

OWN = (
    "join",
    "verify",
    "rules",
    "privacy",
    "auth",
    "auth/return",
    "trust",
    "authority.crt",
    "projector",
    "projector.json",
    "projector/qr",
)
"""Pages that are no Streamlit pages: plain HTML of ours."""
