"""Codecs: what a sample entry says, as RFC 6381 strings and as the entry an init segment may carry."""
