"""Archives for tests: laid out by hand where every byte matters, encoded where a decoder has to like them."""
