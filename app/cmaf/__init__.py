"""Segments: `fragment` writes their boxes, `box` any other, `segments` turns rows of an index into a Plan."""
