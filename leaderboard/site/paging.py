"""Lists that grow are answered a page at a time; the header Link tells where the next page is (RFC 8288)."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

T = TypeVar("T")

MOST = 1000
"""Items of a page, where nobody asks for fewer."""


class Page:
    """The part of a list that a request asks for.

    Attributes
    ----------
    limit : int
    after : int or None
        Where the page before ended, as its ``Link`` said.
    links : dict of str to str
        The header that leads on, once a list was cut.
    """

    def __init__(
        self,
        request: Request,
        response: Response,
        limit: Annotated[int, Query(ge=1, le=MOST, description="How many, at most.")] = MOST,
        after: Annotated[int | None, Query(ge=0, lt=2**63, description="As the Link of the page before says.")] = None,
    ) -> None:
        self.limit, self.after = limit, after
        self.links: dict[str, str] = {}
        self._request, self._response = request, response

    @property
    def is_whole(self) -> bool:
        """Whether nothing but the first page of the usual length is asked for."""
        return self.after is None and self.limit == MOST

    def of_newest(self, items: Sequence[T], number: Callable[[T], int]) -> Sequence[T]:
        """Return this page of items, the newest first: what comes meanwhile moves none of them to another page."""
        rest = [one for one in items if self.after is None or number(one) < self.after]
        return self._cut(rest, lambda shown: number(shown[-1]))

    def of_ranking(self, items: Sequence[T]) -> Sequence[T]:
        """Return this page of items by their places, from the first on."""
        start = self.after or 0
        return self._cut(items[start:], lambda shown: start + len(shown))

    def _cut(self, rest: Sequence[T], end: Callable[[Sequence[T]], int]) -> Sequence[T]:
        shown = rest[: self.limit]
        if len(rest) > len(shown):
            asked = dict(self._request.query_params) | {"limit": self.limit, "after": end(shown)}
            self.links["Link"] = f'<{self._request.url.path}?{urlencode(asked)}>; rel="next"'
            self._response.headers.update(self.links)
        return shown


Paged = Annotated[Page, Depends()]
