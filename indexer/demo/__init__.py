"""`python -m indexer.demo OUT.mp4`: a clip to try the origin with. Needs the extra `demo` (PyAV)."""
