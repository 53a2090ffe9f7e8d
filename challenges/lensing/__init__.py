"""Tell dark matter's substructure by the galaxies it bends, and sharpen the pictures."""
