"""Playlists and manifests, written from an open index."""
