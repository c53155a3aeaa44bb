"""Tests of segments and their boxes."""
