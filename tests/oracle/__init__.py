"""Readers of what we serve that share no code with what writes it."""
