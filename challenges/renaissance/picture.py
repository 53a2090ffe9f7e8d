"""One line to look at."""

from html import escape

import pandas as pd

from challenges.drawing import Picture, embedded, svg, words
from challenges.renaissance.layout import HEIGHT, IMAGE, OCR, TEXT, TRANSCRIPTION, WIDTH
from challenges.renaissance.tokens import is_word, wrong

TRACK = TRANSCRIPTION
LETTERS = 'font-family="Source Code, Source Code Pro, monospace" style="font-family:\'Source Code\',monospace"'
WRONG = 'style="fill:var(--bad);font-weight:700" text-decoration="underline"'


def draw(line: pd.Series, targets: pd.Series) -> Picture:
    """Draw a line as it was printed; below, what the OCR read, wrong words underlined, and what is written."""
    reading, truth = str(line[OCR]), str(targets[TEXT])
    tokens = reading.split()
    marked = iter(wrong(truth, [token for token in tokens if is_word(token)]))
    mistakes = [is_word(token) and next(marked) for token in tokens]
    size = min(15.0, WIDTH / 0.62 / max(len(reading), len(truth), 1))
    spelled = " ".join(
        f"<tspan {WRONG}>{escape(token)}</tspan>" if mistaken else escape(token)
        for token, mistaken in zip(tokens, mistakes, strict=True)
    )
    body = embedded(bytes(line[IMAGE]), WIDTH, HEIGHT)
    for y, title in ((64, "The OCR read"), (112, "It says")):
        body += words(0, y, title, size=11)
    body += f'<text x="0" y="84" font-size="{size:.1f}" {LETTERS}>{spelled}</text>'
    body += words(0, 132, truth, size=round(size, 1), more=LETTERS)
    label = f"{sum(mistakes)} of {sum(map(is_word, tokens))} words misread"
    return Picture(svg(body, WIDTH, 140), label, f"A printed line. The OCR read: {reading}. It says: {truth}.")
