"""What an event shows of its data."""
