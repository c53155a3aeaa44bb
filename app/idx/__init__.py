"""The `.idx` format: `layout` documents and defines it, `view` opens it."""
