"""A team's own submission cards, which it may change until the result of their track is published."""

from collections.abc import Mapping

from pydantic import ValidationError
from sqlalchemy.orm import Session

from leaderboard.config import in_a_sentence
from leaderboard.event import EventError
from leaderboard.intake.standing import own
from leaderboard.store.cards import CardText
from leaderboard.store.queries import audit, now, track_state
from leaderboard.store.tables import Card, Team


class CardError(EventError):
    """A submission card that cannot be as it is."""


class CardFixed(EventError):
    """A change of a submission card after it was published."""


def read_card(keys: Mapping[str, object]) -> CardText:
    """Return a card as it was filled in.

    Raises
    ------
    CardError
        Saying what cannot be so.

    Examples
    --------
    >>> read_card({"title": "Trees", "code_url": "http://example.org"})
    Traceback (most recent call last):
    leaderboard.intake.cards.CardError: code_url: expected an address such as https://example.org/code, got \
'http://example.org'
    """
    try:
        return CardText.model_validate(dict(keys))
    except ValidationError as error:
        raise CardError(in_a_sentence(error)) from error


def write_card(session: Session, team: Team, number: int, text: CardText) -> None:
    """Put a card beside a submission of a team, instead of the one that it has; the audit log gets the number alone.

    Raises
    ------
    leaderboard.intake.standing.NoSuchSubmission
        If the team has none of that number.
    CardFixed
        If its track is published.
    """
    submission = own(session, team, number)
    if track_state(session, submission.track).published_at is not None:
        raise CardFixed(f"the result of {submission.track} is published: the card of no. {number} stays as it is")
    session.merge(Card(submission_id=number, changed_at=now(), **text.model_dump() | {"tags": list(text.tags)}))
    audit(session, "card changed", submission=number)
