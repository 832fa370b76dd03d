"""The learned diagnosis: which kinds of fault the numbers of a short warm-up speak for."""
