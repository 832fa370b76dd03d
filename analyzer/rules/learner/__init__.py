"""Rules about: Loss, optimizer and schedule."""
