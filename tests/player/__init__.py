"""Tests in a real browser and with other people's players; `clips` makes what they play."""
