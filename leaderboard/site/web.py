"""The web process: Streamlit's page and the API under /api, on one port. It knows the event and no vault."""

import os
from pathlib import Path

from starlette.routing import Mount
from streamlit import App
from streamlit.runtime.pages_manager import PagesManager

from leaderboard.event import EVENT_VARIABLE, LOOPBACK_VARIABLE, Event
from leaderboard.site.api import create_api
from leaderboard.store.database import open_store


def create() -> App:
    """Return the ASGI application of the event that PHYSATHON_EVENT names."""
    event = Event(Path(os.environ[EVENT_VARIABLE]))
    api = create_api(event, open_store(event), loopback=os.environ.get(LOOPBACK_VARIABLE) == "1")
    # Until app.py has run once, Streamlit would serve a folder named pages by itself, each page without its frame.
    PagesManager.uses_pages_directory = False
    return App(Path(__file__).with_name("app.py"), routes=[Mount("/api", api)])
