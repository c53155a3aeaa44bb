"""Subtitles of an archive and of the files beside it ─▶ cues in WebVTT."""
