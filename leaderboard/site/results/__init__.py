"""A published result: its page, its figures with their data, and the same for programs."""
