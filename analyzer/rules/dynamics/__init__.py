"""Rules about: What training steps showed."""
