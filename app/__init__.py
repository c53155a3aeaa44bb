"""The request side of vodsplice, and the contracts of both sides (`app.idx`, `app.cmaf`, `app.plan`)."""
