"""Seeded simulations of what the scorer promises; `benchmarks.coverage` runs them all."""
