"""Programs with known faults: a grammar of sound programs, and faults that are seeded in them."""
