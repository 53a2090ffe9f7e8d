"""The whole event in one go, for a first look."""
