"""Pictures of rows to turn through, without a script and without asking the server again."""

from collections.abc import Sequence
from html import escape

from challenges.drawing import Picture


def gallery(challenge_id: str, pictures: Sequence[Picture], asked: str = "") -> str:
    """Return the pictures as one group of choices, of which one is large; arrow keys turn to the next.

    Parameters
    ----------
    challenge_id : str
    pictures : sequence of Picture
        As the API numbers them.
    asked : str
        Which one the address asks for, counted from 1; the first stands in for one that there is not.
    """
    chosen = next((number for number in range(len(pictures)) if asked == str(number + 1)), 0)
    samples = "".join(
        _sample(challenge_id, number, len(pictures), one, chosen=number == chosen)
        for number, one in enumerate(pictures)
    )
    return f'<fieldset class="physathon-gallery"><legend>Rows of the training data</legend>{samples}</fieldset>'


def _sample(challenge_id: str, number: int, of: int, one: Picture, *, chosen: bool) -> str:
    address, group = f"/api/v1/samples/{challenge_id}/{number}", f"sample-{challenge_id}"
    label, text, checked = escape(one.label), escape(one.text), "checked" if chosen else ""
    back, on = ((number + step) % of for step in (-1, 1))
    return (
        f'<div><label class="thumb"><input type="radio" name="{group}" id="{group}-{number}" '
        f'value="{number + 1}" {checked} aria-label="{number + 1}, {label}">'
        f'<img src="{address}" alt="" loading="lazy"></label>'
        f'<figure><img src="{address}" alt="{text}" loading="lazy">'
        f"<figcaption><strong>{label}</strong><span>{text}</span>"
        f'<span class="turn"><label for="{group}-{back}">‹ previous</label> {number + 1} of {of} '
        f'<label for="{group}-{on}">next ›</label></span></figcaption></figure></div>'
    )
