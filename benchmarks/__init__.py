"""Measurements and long evidence; `make proof` runs them all and writes docs/."""
