"""Rules about: Parameters, modes, and what the framework itself warns of."""
