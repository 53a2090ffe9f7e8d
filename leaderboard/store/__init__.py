"""What an event keeps: its database and its prediction files."""
