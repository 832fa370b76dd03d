"""The project's own benchmarks, run by `faultline bench`."""
