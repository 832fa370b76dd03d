"""One file for each step; add a step, never change one that was released."""
