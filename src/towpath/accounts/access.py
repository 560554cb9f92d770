"""The one gate: who calls, in which account, and whether they may.

A route asks for `Annotated[Actor, Depends(accounts.require(Permission.X))]`; the ingestion route
calls `authenticate(request)` itself. API keys come first (`Authorization: Klaviyo-API-Key pk_…` or
`Bearer pk_…`), then the session cookie, which needs a CSRF token for everything but reading.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from towpath.accounts import queries, tokens
from towpath.accounts.model import (
    Actor,
    ActorKind,
    ApiKey,
    BadKey,
    BadSession,
    CsrfFailed,
)
from towpath.accounts.operations.api_keys import note_key_used
from towpath.accounts.operations.sessions import SESSION_IDLE_MAX, note_session_seen
from towpath.accounts.permissions import (
    ALL_PERMISSIONS,
    ROLE_PERMISSIONS,
    SCOPE_PERMISSIONS,
    Permission,
    Role,
)
from towpath.accounts.tables import session, user
from towpath.kit import http, ids
from towpath.kit.config import Settings

KEY_CACHE_SECONDS_MAX: Final = 5
KEYS_CACHED_MAX: Final = 1_000
CSRF_HEADER: Final = "x-csrf-token"
CSRF_FIELD: Final = "csrf_token"
SESSION_COOKIE: Final = "towpath_session"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
KEY_SCHEMES: Final = frozenset({b"klaviyo-api-key", b"bearer"})

# While one request looks an expired key up again, the others go on with what was known.
_REFRESH = timedelta(seconds=1)
_KEY_CACHE = timedelta(seconds=KEY_CACHE_SECONDS_MAX) - _REFRESH


class KeyCache:
    """Actors of API keys seen in the last seconds, by the hash of the key.

    A revoked key is refused at the latest `KEY_CACHE_SECONDS_MAX` after the revocation.
    """

    def __init__(self) -> None:
        """Start empty; each application has a cache of its own."""
        self._known: dict[str, tuple[Actor, datetime]] = {}

    def get(self, key_hash: str, *, now: datetime) -> Actor | None:
        """Return the actor, None when it is not known or has to be looked up again."""
        known = self._known.get(key_hash)
        if known is None:
            return None
        actor, expires_at = known
        if now < expires_at:
            return actor
        self._known[key_hash] = (actor, now + _REFRESH)
        return None

    def put(self, key_hash: str, actor: Actor, *, now: datetime) -> None:
        """Keep an actor for `_KEY_CACHE`."""
        if len(self._known) >= KEYS_CACHED_MAX:
            self._known.clear()
        self._known[key_hash] = (actor, now + _KEY_CACHE)

    def drop(self, key_hash: str) -> None:
        """Forget a key that is not valid any more."""
        self._known.pop(key_hash, None)


async def authenticate(request: Request) -> Actor:
    """Return who calls; raises `BadKey`, `BadSession` or `CsrfFailed`."""
    for name, value in request.scope["headers"]:
        if name == b"authorization":
            return await _actor_of_key(request, value)
    return await _actor_of_session(request)


def require(*permissions: Permission) -> Callable[[Request], Awaitable[Actor]]:
    """Return a dependency that gives the calling actor, who has all of `permissions`.

    Raises what `authenticate` raises, and `NotPermitted`.
    """

    async def check(request: Request) -> Actor:
        actor = await authenticate(request)
        actor.check(*permissions)
        return actor

    return check


def command_actor(*, account_id: UUID, label: str) -> Actor:
    """Return the actor of a command at the command line, who may do everything."""
    return Actor(
        account_id=account_id,
        kind=ActorKind.COMMAND,
        id="",
        label=label,
        permissions=ALL_PERMISSIONS,
        role=Role.OWNER,
    )


def user_actor(*, account_id: UUID, user_id: UUID, label: str, role: Role) -> Actor:
    """Return the actor that a user is in one account."""
    return Actor(
        account_id=account_id,
        kind=ActorKind.USER,
        id=ids.to_base32(user_id),
        label=label,
        permissions=ROLE_PERMISSIONS[role],
        role=role,
    )


def key_actor(key: ApiKey) -> Actor:
    """Return the actor that an API key is."""
    return Actor(
        account_id=key.account_id,
        kind=ActorKind.API_KEY,
        id=ids.to_base32(key.id),
        label=key.name,
        permissions=SCOPE_PERMISSIONS[key.scope],
        scope=key.scope,
    )


def session_cookie_name(settings: Settings) -> str:
    """Return the cookie's name; over https the browser itself guards it against other hosts."""
    return f"__Host-{SESSION_COOKIE}" if is_https(settings) else SESSION_COOKIE


def is_https(settings: Settings) -> bool:
    """Say whether people reach this installation over https."""
    return settings.public_url.startswith("https://")


def session_token_of(request: Request) -> str | None:
    """Return the token of the request's session cookie, valid or not."""
    return request.cookies.get(session_cookie_name(http.runtime_of(request).settings))


def check_origin(request: Request) -> None:
    """Raise `CsrfFailed` when a browser says that the request comes from another site."""
    origin = request.headers.get("origin")
    if origin is None:
        return
    public = urlsplit(http.runtime_of(request).settings.public_url)
    given = urlsplit(origin)
    if given.netloc and given.netloc in {public.netloc, request.headers.get("host")}:
        return
    raise CsrfFailed


async def _actor_of_key(request: Request, authorization: bytes) -> Actor:
    scheme, _, key = authorization.partition(b" ")
    if scheme.lower() not in KEY_SCHEMES:
        raise BadKey("Send the key as 'Authorization: Klaviyo-API-Key pk_…' or 'Bearer pk_…'.")
    runtime = http.runtime_of(request)
    now = runtime.clock()
    key_hash = tokens.digest(key.strip())
    cache = _cache_of(request)
    actor = cache.get(key_hash, now=now)
    if actor is not None:
        return actor
    async with runtime.engine.begin() as conn:
        found = await queries.find_api_key(conn, key_hash=key_hash)
        if found is None or found.revoked_at is not None:
            cache.drop(key_hash)
            raise BadKey
        await note_key_used(conn, key=found, now=now)
    actor = key_actor(found)
    cache.put(key_hash, actor, now=now)
    return actor


async def _actor_of_session(request: Request) -> Actor:
    token = session_token_of(request)
    if not token:
        raise BadSession("Send an API key in the Authorization header, or sign in.")
    runtime = http.runtime_of(request)
    async with runtime.engine.begin() as conn:
        actor = await _read_session(conn, token_hash=tokens.digest(token), now=runtime.clock())
    if request.method not in SAFE_METHODS:
        check_origin(request)
        if not tokens.is_same(await _given_csrf_token(request), tokens.csrf_token(token)):
            raise CsrfFailed
    return actor


async def _read_session(conn: AsyncConnection, *, token_hash: str, now: datetime) -> Actor:
    row = (
        await conn.execute(
            select(session.c.user_id, session.c.account_id, session.c.last_seen_at, user.c.email)
            .join(user, user.c.id == session.c.user_id)
            .where(
                session.c.token_hash == token_hash,
                session.c.expires_at > now,
                session.c.last_seen_at > now - SESSION_IDLE_MAX,
            )
        )
    ).first()
    if row is None:
        raise BadSession
    role = await queries.role_of(conn, account_id=row.account_id, user_id=row.user_id)
    if role is None:
        raise BadSession
    await note_session_seen(conn, token_hash=token_hash, last_seen_at=row.last_seen_at, now=now)
    return user_actor(account_id=row.account_id, user_id=row.user_id, label=row.email, role=role)


async def _given_csrf_token(request: Request) -> str:
    given = request.headers.get(CSRF_HEADER)
    if given is not None:
        return given
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return (await http.read_form(request)).get(CSRF_FIELD, "")
    return ""


def _cache_of(request: Request) -> KeyCache:
    state = request.app.state
    cache: KeyCache | None = getattr(state, "api_key_cache", None)
    if cache is None:
        cache = state.api_key_cache = KeyCache()
    return cache
