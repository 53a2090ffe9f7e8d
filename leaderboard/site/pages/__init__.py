"""The pages: what each is called, by its address; the first is where one comes in."""

PAGES = {"": "Board", "submit": "Submit", "team": "Team", "challenge": "Challenge", "help": "Help", "desk": "Desk"}

UNLISTED = "Desk"
"""The page that only those are led to who sit at the desk."""

OWN = ("join", "verify", "rules", "privacy", "auth", "auth/return", "trust", "authority.crt")
"""Pages that are no Streamlit pages: plain HTML of ours."""
