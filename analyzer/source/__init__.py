"""Reading programs from their source alone."""
