"""Rules about: The model's layers."""
