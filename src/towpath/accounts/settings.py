"""Settings of one account: typed, with defaults; only what differs from the default is a row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.accounts import rules
from towpath.accounts.model import Actor, BadName
from towpath.accounts.operations.audit import record_audit
from towpath.accounts.permissions import Permission
from towpath.accounts.tables import account_setting
from towpath.kit.errors import Invalid
from towpath.kit.json_values import escape

EMAIL_LIMIT_MAX: Final = 1_000_000_000


class UnknownSetting(Invalid):
    """There is no such setting."""

    code = "unknown_setting"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """The settings of an account; None is "not set"."""

    email_limit_monthly: int | None = None
    sender_email: str | None = None
    sender_label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRule:
    """How a setting is read from JSON, who may change it, and what it means."""

    read: Callable[[object, str], object]
    permission: Permission
    meaning: str


def _read_limit(value: object, pointer: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= EMAIL_LIMIT_MAX:
        raise Invalid(f"The limit is a whole number up to {EMAIL_LIMIT_MAX}.", pointer=pointer)
    return value


def _read_email(value: object, pointer: str) -> str:
    return rules.read_email(_text(value, pointer), pointer=pointer)


def _read_line(value: object, pointer: str) -> str:
    return rules.read_name(_text(value, pointer), pointer=pointer)


def _text(value: object, pointer: str) -> str:
    if not isinstance(value, str):
        raise BadName("This setting is a text.", pointer=pointer)
    return value


SETTING_RULES: Final[Mapping[str, SettingRule]] = {
    "email_limit_monthly": SettingRule(
        read=_read_limit,
        permission=Permission.ACCOUNT,
        meaning="Mails the account may send in a calendar month of its timezone; null is no limit.",
    ),
    "sender_email": SettingRule(
        read=_read_email,
        permission=Permission.SETTINGS,
        meaning="Sender of alerts that name none.",
    ),
    "sender_label": SettingRule(
        read=_read_line,
        permission=Permission.SETTINGS,
        meaning="Name of the sender of new messages until another is chosen.",
    ),
}
assert set(SETTING_RULES) == {item.name for item in fields(AccountSettings)}


async def settings_of(conn: AsyncConnection, *, account_id: UUID) -> AccountSettings:
    """Return the settings of an account, with the default of each that is not set."""
    rows = await conn.execute(
        select(account_setting.c.key, account_setting.c.value).where(
            account_setting.c.account_id == account_id
        )
    )
    stored = {row.key: row.value for row in rows if row.key in SETTING_RULES}
    return AccountSettings(**stored)


async def change_setting(
    conn: AsyncConnection, *, actor: Actor, key: str, value: object, now: datetime
) -> None:
    """Set one setting of the actor's account; None returns it to its default.

    Raises `UnknownSetting`, `NotPermitted`, or `Invalid` with the pointer of the setting.
    """
    pointer = f"/{escape(key)}"
    rule = SETTING_RULES.get(key)
    if rule is None:
        raise UnknownSetting(f"The settings are {', '.join(SETTING_RULES)}.", pointer=pointer)
    actor.check(rule.permission)
    if value is None:
        await conn.execute(
            account_setting.delete().where(
                account_setting.c.account_id == actor.account_id, account_setting.c.key == key
            )
        )
    else:
        value = rule.read(value, pointer)
        given = insert(account_setting).values(
            account_id=actor.account_id, key=key, value=value, changed_at=now
        )
        await conn.execute(
            given.on_conflict_do_update(
                index_elements=["account_id", "key"],
                set_={"value": given.excluded.value, "changed_at": given.excluded.changed_at},
            )
        )
    await record_audit(
        conn,
        actor=actor,
        action="setting.changed",
        target_kind="setting",
        target_id=key,
        detail={"value": value},
        now=now,
    )
