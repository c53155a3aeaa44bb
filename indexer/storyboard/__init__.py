"""Storyboards: sheets of small pictures of an archive, for a seek bar. `sheets` is a process of its own."""
