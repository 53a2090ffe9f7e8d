"""What the real files and the simulated ones have in common."""

SIDE = 32
"""Crystals along each side of an image: rows along eta, columns along phi."""

IMAGE = (SIDE, SIDE, 2)
"""One image: energy and time of each crystal."""

CENTRE = 16
"""Row and column of the hottest crystal."""

TARGET = "y"
PHOTON, ELECTRON = 0, 1

GEV, NANOSECONDS = 50.0, 50.0
"""One unit of the energy and of the time channel."""
