"""The first account of an installation: by the one-time link, or from the environment."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.accounts import passwords, queries, rules, tokens
from towpath.accounts.access import command_actor, user_actor
from towpath.accounts.model import LinkPurpose, LinkUsed
from towpath.accounts.operations.accounts import (
    add_membership,
    create_account,
    create_user,
    lock_set_up,
)
from towpath.accounts.operations.api_keys import create_api_key
from towpath.accounts.operations.audit import record_audit
from towpath.accounts.operations.links import use_link
from towpath.accounts.operations.sessions import open_session
from towpath.accounts.permissions import Role, Scope
from towpath.kit import ids
from towpath.kit.config import BadSetting, Settings
from towpath.kit.errors import Invalid

BOOTSTRAP_ACCOUNT_NAME: Final = "My shop"
BOOTSTRAP_KEY_NAME: Final = "Bootstrap"
DEFAULT_TIMEZONE: Final = "UTC"


async def create_owned_account(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    account_name: str,
    timezone: str,
    user_id: UUID,
    email: str,
    name: str,
    password_hash: str | None,
    now: datetime,
) -> None:
    """Make an account together with its owner.

    Raises `BadName`, `BadTimezone`, `BadEmail` or `EmailTaken`.
    """
    account_name = rules.read_name(account_name, pointer="/account_name")
    await create_account(conn, account_id=account_id, name=account_name, timezone=timezone, now=now)
    await create_user(
        conn, user_id=user_id, email=email, name=name, password_hash=password_hash, now=now
    )
    await add_membership(conn, account_id=account_id, user_id=user_id, role=Role.OWNER, now=now)


async def create_first_owner(
    conn: AsyncConnection,
    *,
    token: str,
    account_name: str,
    timezone: str,
    email: str,
    name: str,
    password_hash: str,
    now: datetime,
) -> str:
    """Use the first owner's link: make the account and its owner, and return a session's token.

    Raises `LinkUsed` when the link is not good or somebody else was first, and what
    `create_owned_account` raises; the link stays good then.
    """
    await lock_set_up(conn)
    if await queries.has_any_owner(conn):
        raise LinkUsed
    await use_link(conn, purpose=LinkPurpose.FIRST_OWNER, token=token, now=now)
    account_id, user_id = ids.new_ids(2)
    await create_owned_account(
        conn,
        account_id=account_id,
        account_name=account_name,
        timezone=timezone,
        user_id=user_id,
        email=email,
        name=name,
        password_hash=password_hash,
        now=now,
    )
    await record_audit(
        conn,
        actor=user_actor(
            account_id=account_id, user_id=user_id, label=rules.read_email(email), role=Role.OWNER
        ),
        action="account.created",
        target_kind="account",
        target_id=ids.to_base32(account_id),
        now=now,
    )
    return await open_session(conn, user_id=user_id, account_id=account_id, now=now)


async def bootstrap(conn: AsyncConnection, *, settings: Settings, now: datetime) -> UUID | None:
    """Make the first account from `TOWPATH_BOOTSTRAP_*` and return its id.

    Does nothing (None) without those settings or when the installation has an owner, so every
    start may call it. Raises `BadSetting` naming the variable that cannot be used.
    """
    email, password = settings.bootstrap_owner_email, settings.bootstrap_owner_password
    key = settings.bootstrap_api_key
    if email is None and password is None and key is None:
        return None
    if email is None or password is None:
        raise BadSetting(
            "TOWPATH_BOOTSTRAP_OWNER_EMAIL and TOWPATH_BOOTSTRAP_OWNER_PASSWORD go together; "
            "set both, and with them TOWPATH_BOOTSTRAP_API_KEY if you want a key."
        )
    _check_bootstrap(email=email, password=password, key=key)
    await lock_set_up(conn)
    if await queries.has_any_owner(conn):
        return None
    account_id, user_id = ids.new_ids(2)
    await create_owned_account(
        conn,
        account_id=account_id,
        account_name=BOOTSTRAP_ACCOUNT_NAME,
        timezone=DEFAULT_TIMEZONE,
        user_id=user_id,
        email=email,
        name=email.strip().partition("@")[0],
        password_hash=await passwords.hash_password(password),
        now=now,
    )
    actor = command_actor(account_id=account_id, label="bootstrap")
    await record_audit(
        conn,
        actor=actor,
        action="account.created",
        target_kind="account",
        target_id=ids.to_base32(account_id),
        now=now,
    )
    if key is not None:
        await create_api_key(
            conn,
            actor=actor,
            key_id=ids.new_id(),
            name=BOOTSTRAP_KEY_NAME,
            scope=Scope.FULL,
            secret=key,
            now=now,
        )
    return account_id


def _check_bootstrap(*, email: str, password: str, key: str | None) -> None:
    """Raise `BadSetting` for the first variable that breaks a rule."""
    try:
        address = rules.read_email(email)
    except Invalid as problem:
        raise BadSetting(f"TOWPATH_BOOTSTRAP_OWNER_EMAIL: {problem.detail}") from None
    try:
        rules.check_password(password, email=address)
    except Invalid as problem:
        raise BadSetting(f"TOWPATH_BOOTSTRAP_OWNER_PASSWORD: {problem.detail}") from None
    if key is not None:
        try:
            tokens.check_key_format(key)
        except Invalid as problem:
            raise BadSetting(f"TOWPATH_BOOTSTRAP_API_KEY: {problem.detail}") from None
