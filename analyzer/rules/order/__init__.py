"""Rules about: The order of calls in a training step, and the learning rate over the plan."""
