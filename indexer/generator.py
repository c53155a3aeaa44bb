"""What made an index, as its header says. A constant, as asking the installed package takes 30 ms to load; a
test compares the two.
"""

from __future__ import annotations

GENERATOR = "vodsplice 0.1.0"
