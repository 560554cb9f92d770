"""`/v1/account`: the account itself and its settings."""

import dataclasses
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from towpath.accounts import access, queries, settings
from towpath.accounts.model import AccountNotFound, Actor
from towpath.accounts.operations.accounts import change_account
from towpath.accounts.permissions import Permission
from towpath.kit import http, ids

router = APIRouter(tags=["Account"], route_class=http.JsonRoute)


class AccountAnswer(BaseModel):
    """The account of the caller."""

    id: str
    name: str
    timezone: str
    locale: str


class AccountChange(BaseModel):
    """What an owner may change; what is missing stays."""

    name: str | None = None
    timezone: str | None = None
    locale: str | None = None


class SettingsAnswer(BaseModel):
    """Every setting of the account; null is "not set"."""

    email_limit_monthly: int | None
    sender_email: str | None
    sender_label: str | None


@router.get("/v1/account")
async def read_account(
    actor: Annotated[Actor, Depends(access.authenticate)], conn: http.Transaction
) -> AccountAnswer:
    """Return the account that the caller acts in."""
    account = await queries.account_of(conn, account_id=actor.account_id)
    if account is None:
        raise AccountNotFound
    return AccountAnswer(
        id=ids.to_base32(account.id),
        name=account.name,
        timezone=account.timezone,
        locale=account.locale,
    )


@router.patch("/v1/account", status_code=204)
async def patch_account(
    body: AccountChange,
    actor: Annotated[Actor, Depends(access.require(Permission.ACCOUNT))],
    conn: http.Transaction,
    now: http.Now,
) -> None:
    """Change name, timezone or language of the account."""
    await change_account(
        conn, actor=actor, name=body.name, timezone=body.timezone, locale=body.locale, now=now
    )


@router.get("/v1/account/settings")
async def read_settings(
    actor: Annotated[Actor, Depends(access.require(Permission.SETTINGS))], conn: http.Transaction
) -> SettingsAnswer:
    """Return the settings of the account, defaults included."""
    found = await settings.settings_of(conn, account_id=actor.account_id)
    return SettingsAnswer(**dataclasses.asdict(found))


@router.patch("/v1/account/settings", status_code=204)
async def patch_settings(
    body: dict[str, Any],  # Any: settings differ in type; each has a rule that reads it
    actor: Annotated[Actor, Depends(access.require(Permission.SETTINGS))],
    conn: http.Transaction,
    now: http.Now,
) -> None:
    """Change the settings that are given; all of them or none."""
    for key, value in body.items():
        await settings.change_setting(conn, actor=actor, key=key, value=value, now=now)
