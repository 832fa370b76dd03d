"""Rules about what the loaders hand out and how the data was split."""
