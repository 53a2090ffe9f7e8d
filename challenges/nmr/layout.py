"""What the real files and the simulated ones have in common."""

STEP = 2.0
"""Time between two samples, in units of 1 / (2π MHz): 0.32 microseconds."""

DELAY = 157
"""Steps from the first pulse to the second."""

SAMPLES = 3 * DELAY
"""Samples of an echo; none at time zero."""

ECHO = 2 * DELAY - 1
"""The sample in the middle of the echo."""

TRACKS = ("interaction", "gauss", "rkky")
GAUSS, RKKY = "gauss", "rkky"
KIND = {0: GAUSS, 1: RKKY}
"""What the labels of the track interaction stand for."""

LABEL = "rkky"
"""The target of the track interaction."""

COUPLINGS = ("alpha", "xi", "d")
"""The targets of the other tracks: strength, length, and the exponent of the decay."""

NOISE = 0.01
"""Standard deviation of the noise on real and imaginary part; 1/2 is the whole signal."""
