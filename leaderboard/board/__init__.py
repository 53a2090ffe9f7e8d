"""What a board says: who stands where, how that came, and points over all tracks; queries over releases."""
