"""`make bench`: the figures, each beside what it is measured against. Nothing here asserts a time."""
