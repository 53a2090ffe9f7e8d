"""What the real book and the simulated one have in common: names, and the sizes of a page."""

TOKEN_ERRORS, TRANSCRIPTION = "token_errors", "transcription"
"""The two tracks."""

WRONG, TEXT = "wrong", "text"
"""What they ask for."""

OCR, IMAGE = "ocr", "image"
"""Features of a line: the text that an OCR read, and the picture as bytes of a PNG file."""

LINES = 24
"""Lines of a simulated page; the real ones have 23 to 25."""

HEIGHT, WIDTH = 40, 420
"""Pixels of a line's image, at 150 dots per inch as the real scan."""

PITCH = 30
"""Pixels from one line to the next: an image shows a little of its neighbours."""

MEASURE = 388
"""Pixels of a line that is full."""
