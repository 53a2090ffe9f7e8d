"""Collisions in NumPy alone: hard process, radiation and jets, a few thousand events at a time."""
