"""Submission cards: what teams say of how their files were made; nobody checked it."""

import re
from collections.abc import Collection
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from leaderboard.store.tables import AiHelp, Card

ADDRESS = re.compile(r"https://[A-Za-z0-9][A-Za-z0-9.-]*(?::\d{1,5})?(?:/[A-Za-z0-9._~:/?#@!$&()*+,;=%-]*)?")

AI_HELP: dict[AiHelp | None, str] = {
    None: "not said",
    "none": "none",
    "assisted": "people made it, AI helped",
    "autonomous": "AI made it on its own",
}
"""What each kind of help by AI is in words."""

WHAT_IT_MEANS = "A card is what its team says; nobody checked it."
"""Stands wherever cards are shown."""


def _one_line(text: object) -> object:
    return " ".join(text.split()) if isinstance(text, str) else text


def _or_none(text: object) -> object:
    return None if (said := _one_line(text)) == "" else said


def _seen(text: str | None) -> str | None:
    if text is not None and not text.isprintable():
        raise ValueError("expected letters that can be seen")
    return text


def _address(url: str | None) -> str | None:
    if url is not None and not ADDRESS.fullmatch(url):
        raise ValueError("expected an address such as https://example.org/code")
    return url


def _different(tags: tuple[str, ...]) -> tuple[str, ...]:
    first: dict[str, str] = {}
    for tag in tags:
        first.setdefault(tag.casefold(), tag)
    return tuple(first.values())


LINE = BeforeValidator(_one_line), AfterValidator(_seen)
OPTIONAL = BeforeValidator(_or_none), AfterValidator(_seen)
Tag = Annotated[str, Field(min_length=1, max_length=30), *LINE]


class CardText(BaseModel):
    """What stands on a card; white space around and between words counts once.

    Examples
    --------
    >>> CardText(title="  Trees on  masses ", tags=["XGBoost", "xgboost"], ai="none").model_dump(exclude_none=True)
    {'title': 'Trees on masses', 'tags': ('XGBoost',), 'ai': 'none'}
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, Field(min_length=1, max_length=120), *LINE]
    tags: Annotated[tuple[Tag, ...], Field(max_length=8), AfterValidator(_different)] = ()
    code_url: Annotated[str | None, Field(max_length=300), BeforeValidator(_or_none), AfterValidator(_address)] = None
    external_data: Annotated[str | None, Field(max_length=500), *OPTIONAL] = None
    compute: Annotated[str | None, Field(max_length=500), *OPTIONAL] = None
    hours: Annotated[float | None, Field(gt=0, le=100_000), BeforeValidator(_or_none)] = None
    ai: AiHelp | None = None
    ai_model: Annotated[str | None, Field(max_length=80), *OPTIONAL] = None

    @model_validator(mode="after")
    def _a_model_helped(self) -> "CardText":
        if self.ai_model is not None and self.ai in (None, "none"):
            raise ValueError(f"a model is named, {self.ai_model!r}, but no help by AI: say assisted or autonomous")
        return self


def cards_of(session: Session, submissions: Collection[int]) -> dict[int, CardText]:
    """Return the cards of submissions, by their numbers, of those that have one."""
    found = session.scalars(select(Card).where(Card.submission_id.in_(submissions)))
    return {card.submission_id: _text(card) for card in found}


def _text(card: Card) -> CardText:
    # What is kept was validated when it came: a rule that is stricter since then must not hide it.
    kept = {name: getattr(card, name) for name in CardText.model_fields}
    return CardText.model_construct(**kept | {"tags": tuple(card.tags)})
