"""An event under fire: what `benchmarks.reliability` does to one, and what must hold afterwards."""
