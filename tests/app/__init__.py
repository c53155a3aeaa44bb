"""Tests of the request side."""
