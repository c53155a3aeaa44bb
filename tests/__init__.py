"""The test suite. It mirrors the tree: tests/app for app, tests/indexer for indexer, and so on."""
