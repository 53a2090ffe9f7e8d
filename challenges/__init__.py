"""What is asked: one folder a challenge, found by its challenge.toml."""
