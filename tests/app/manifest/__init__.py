"""Tests of playlists and what goes with them."""
