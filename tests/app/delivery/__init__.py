"""Tests of the ways that a Plan reaches a client."""
