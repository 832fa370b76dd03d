"""Rules about what enters the loss, and what the model's output is used for."""
