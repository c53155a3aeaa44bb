"""Containers: each module here turns one kind of archive into a `indexer.track.Movie`."""
