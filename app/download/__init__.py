"""A whole archive, or a part of it, as one MP4: a movie header that is computed, then ranges of it."""
