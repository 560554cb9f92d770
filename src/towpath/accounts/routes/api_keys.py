"""`/v1/api-keys`: made here, shown once."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from towpath.accounts import access, queries
from towpath.accounts.model import Actor, ApiKey, ApiKeyNotFound
from towpath.accounts.operations.api_keys import create_api_key, revoke_api_key
from towpath.accounts.permissions import Permission, Scope
from towpath.kit import http, ids

router = APIRouter(tags=["API keys"], route_class=http.JsonRoute)

KeysActor = Annotated[Actor, Depends(access.require(Permission.API_KEYS))]


class NewKey(BaseModel):
    """The key to make."""

    name: str
    scope: Scope


class MadeKey(BaseModel):
    """The only answer that holds the secret."""

    id: str
    secret: str


class KeyAnswer(BaseModel):
    """A key without its secret; `hint` is its last characters."""

    id: str
    name: str
    hint: str
    scope: Scope
    created_at: datetime
    created_by: str
    last_used_at: datetime | None
    revoked_at: datetime | None


@router.get("/v1/api-keys")
async def list_keys(
    actor: KeysActor, conn: http.Transaction, cursor: http.Cursor, limit: http.Limit = 50
) -> http.Page[KeyAnswer]:
    """Return the keys of the account, the newest first, also revoked ones."""
    keys = await queries.list_api_keys(
        conn, account_id=actor.account_id, before=cursor, limit=limit + 1
    )
    return http.page_of(keys, limit=limit, item=_answer, id_of=lambda key: key.id)


@router.post("/v1/api-keys", status_code=201)
async def make_key(
    body: NewKey, actor: KeysActor, conn: http.Transaction, now: http.Now
) -> MadeKey:
    """Make a key and return its secret, which cannot be read again."""
    made = await create_api_key(
        conn, actor=actor, key_id=ids.new_id(), name=body.name, scope=body.scope, now=now
    )
    return MadeKey(id=ids.to_base32(made.id), secret=made.secret)


@router.delete("/v1/api-keys/{key_id}", status_code=204)
async def revoke_key(key_id: str, actor: KeysActor, conn: http.Transaction, now: http.Now) -> None:
    """Revoke a key; every process refuses it within seconds."""
    await revoke_api_key(conn, actor=actor, key_id=http.read_id(key_id, ApiKeyNotFound), now=now)


def _answer(key: ApiKey) -> KeyAnswer:
    return KeyAnswer(
        id=ids.to_base32(key.id),
        name=key.name,
        hint=key.hint,
        scope=key.scope,
        created_at=key.created_at,
        created_by=key.created_by,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )
