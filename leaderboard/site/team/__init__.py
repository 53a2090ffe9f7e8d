"""What a team sees of itself."""
