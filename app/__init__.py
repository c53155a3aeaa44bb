"""The request side of vodsplice, and the contracts that both sides share (`app.idx`, `app.cmaf`, `app.plan`)."""
