"""What draws itself again has a block of its own, so that nothing else moves when it is lost on the way."""

from contextlib import ExitStack

import pytest
from streamlit import config
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from leaderboard.site import crowd, lighter, opened
from leaderboard.site.live import Boards
from tests.leaderboard.tabs import sign_in
from tests.support import add_team


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list:
    """Return the list that fills with what pages draw: where, and by which part that is drawn again, if any."""
    drawn: list = []

    def hear(message) -> None:
        if message.HasField("delta"):
            drawn.append((tuple(message.metadata.delta_path), message.delta.fragment_id))

    monkeypatch.setattr(ForwardMsgQueue, "_before_enqueue_msg", staticmethod(hear))
    return drawn


def alone(sent: list) -> int:
    """Return how many parts are drawn again; each must have no neighbour."""
    parts = {part for _, part in sent if part}
    for part in parts:
        place = min((path for path, by in sent if by == part), key=len)
        assert {path for path, _ in sent if path[:-1] == place[:-1] and len(path) == len(place)} == {place}
    return len(parts)


def test_what_is_drawn_again_has_no_neighbour(judge, page, at_desk, sent, monkeypatch):
    for name in ("home", "board"):
        page(judge, name)
        assert alone(sent) == 0, "a browser keeps it alive by itself"
        sent.clear()
    sign_in(judge, add_team(judge), monkeypatch)
    for name in ("submit", "team", "help"):
        sent.clear()
        page(judge, name)
        assert alone(sent) >= 1
    for part in ("overview", "tasks"):
        app = at_desk(judge, part)
        sent.clear()
        app.run()
        assert alone(sent) >= 1


def test_the_more_pages_are_open_the_less_often_each_looks():
    def slower(pages: int) -> int:
        with ExitStack() as opened_pages:
            for _ in range(pages):
                opened_pages.enter_context(crowd.one_more())
            return crowd.slower()

    assert [slower(pages) for pages in (0, 50, 51, 150, 151, 500, 501, 5000)] == [1, 1, 2, 2, 4, 4, 8, 8]
    assert crowd.slower() == 1


def test_options_that_are_kept_are_those_that_streamlit_gathers(monkeypatch):
    gathered = config.get_options_for_section
    monkeypatch.setattr(config, "get_options_for_section", gathered)
    lighter.keep_options()
    for section in ("theme", "theme.light", "theme.dark.sidebar", "client", "none such"):
        kept = config.get_options_for_section(section)
        kept["mine"] = 1
        assert config.get_options_for_section(section) == gathered(section)


def test_a_page_that_cannot_be_drawn_says_so_in_our_words_and_the_log_has_why(judge, page, monkeypatch, caplog):
    def fails(*_):
        raise ZeroDivisionError("of seven")

    monkeypatch.setattr(Boards, "now", fails)
    monkeypatch.setattr(opened.LOGGER, "propagate", True)
    app = page(judge)
    assert [error.value for error in app.error] == [opened.SORRY]
    assert "of seven" in caplog.text
