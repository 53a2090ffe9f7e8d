"""What draws itself again has a block of its own, so that nothing else moves when it is lost on the way."""

import pytest
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from leaderboard.site import opened
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
    page(judge, "home")
    assert alone(sent) == 3
    sent.clear()
    page(judge)
    assert alone(sent) == 1
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


def test_a_page_that_cannot_be_drawn_says_so_in_our_words_and_the_log_has_why(judge, page, monkeypatch, caplog):
    def fails(*_):
        raise ZeroDivisionError("of seven")

    monkeypatch.setattr(Boards, "now", fails)
    monkeypatch.setattr(opened.LOGGER, "propagate", True)
    app = page(judge)
    assert [error.value for error in app.error] == [opened.SORRY]
    assert "of seven" in caplog.text
