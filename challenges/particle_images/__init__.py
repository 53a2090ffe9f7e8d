"""Tell electrons from photons by the light they leave in a calorimeter."""
