"""Rules about: Inputs and labels."""
