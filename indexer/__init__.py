"""The offline side of vodsplice: reads archives once and writes one small `.idx` for each."""
