"""Segments: `fragment` writes the boxes of a media segment, `segments` turns rows of an index into a Plan."""
