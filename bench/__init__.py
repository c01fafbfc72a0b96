"""Benchmarks: ratios measured in one run on one machine, with its noise. Nothing here is a test of a timing."""
