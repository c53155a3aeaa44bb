"""Tests of the `.idx` format."""
