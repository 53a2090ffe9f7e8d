"""A resonance in pairs of photons."""
