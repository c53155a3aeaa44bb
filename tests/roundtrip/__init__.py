"""The media corpus through the real indexer and origin, compared with what a player gets back."""
