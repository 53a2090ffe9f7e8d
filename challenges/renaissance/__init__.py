"""Read a Spanish book of 1637: find what the OCR got wrong, and correct it."""
