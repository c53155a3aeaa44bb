"""Mutated archives against the indexer: without end by `make fuzz`, bounded in the suite."""
