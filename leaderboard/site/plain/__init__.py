"""Pages of our own, in plain HTML: light enough for a phone at once."""
