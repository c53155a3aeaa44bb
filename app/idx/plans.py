"""An open index ─▶ the Plan of what is made from it, which holds while index and archive are as they were."""

from __future__ import annotations

from app.idx.view import Idx
from app.plan import FileIdentity, Piece, Plan, lasting_plan


def made_plan(idx: Idx, name: str, content_type: str, archive: FileIdentity, piece: Piece) -> Plan:
    """`name` tells `piece` from all else of this version. Nothing of the archive is sent: it is a guard."""
    guards = (idx.identity, archive)
    return lasting_plan(content_type, f"{idx.version}-{name}", archive, (piece,), guards)
