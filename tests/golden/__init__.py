"""What `vodsplice-inspect show` prints of small archives, kept as text."""
