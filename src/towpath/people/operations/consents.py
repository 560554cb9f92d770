"""Writes of consent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, DateTime, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text, TypeEngine

from towpath.kit import db
from towpath.people.model import Consent
from towpath.people.tables import consent

_ACCOUNT = bindparam("account", type_=Uuid())
_NOW = bindparam("now", type_=DateTime(timezone=True))
_KINDS: dict[str, TypeEngine[Any]] = {
    "profile_id": Uuid(),
    "channel": Text(),
    "status": Text(),
    "method": Text(),
    "custom_source": Text(),
    "is_double_opt_in": Boolean(),
    "consented_at": DateTime(timezone=True),
}
_SAID = db.array_rows("said", {f"new_{name}": kind for name, kind in _KINDS.items()})
_INSERT = insert(consent).from_select(
    ["account_id", *_KINDS, "recorded_at"], select(_ACCOUNT, *_SAID.c, _NOW)
)
_UPSERT = _INSERT.on_conflict_do_update(
    index_elements=["account_id", "profile_id", "channel"],
    set_={name: _INSERT.excluded[name] for name in [*_KINDS, "recorded_at"][2:]},
    where=consent.c.consented_at <= _INSERT.excluded.consented_at,
)


async def set_consent(
    conn: AsyncConnection, *, account_id: UUID, consents: Sequence[Consent], now: datetime
) -> None:
    """Store what people said; an older word never replaces a newer one.

    Of several words of one person on one channel the latest counts.
    """
    latest: dict[tuple[UUID, str], Consent] = {}
    for said in sorted(consents, key=lambda said: said.consented_at):
        latest[said.profile_id, str(said.channel)] = said
    if not latest:
        return
    ordered = [latest[key] for key in sorted(latest)]
    columns = {f"new_{name}": [_plain(getattr(said, name)) for said in ordered] for name in _KINDS}
    await conn.execute(_UPSERT, {"account": account_id, "now": now, **columns})


def _plain(value: Any) -> Any:
    """Give enum members as the plain texts that the driver knows."""
    return str(value) if isinstance(value, str) else value
