"""Read the couplings between nuclear spins from their echo."""
