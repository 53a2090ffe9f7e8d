"""Where challenges are made and examined."""
