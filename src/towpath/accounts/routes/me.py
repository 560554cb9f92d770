"""`/v1/me`: who calls, and what they may do."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from towpath.accounts import access, credentials, queries, tokens
from towpath.accounts.model import Actor, ActorKind, Membership
from towpath.accounts.operations.accounts import change_user
from towpath.accounts.permissions import Permission, Role, Scope
from towpath.accounts.routes.cookies import SignedIn
from towpath.kit import http, ids

router = APIRouter(tags=["Me"], route_class=http.JsonRoute)


class MyAccount(BaseModel):
    """An account this person belongs to."""

    id: str
    name: str
    role: Role


class Me(BaseModel):
    """Who calls: a person with a role, or an API key with a scope."""

    kind: ActorKind
    label: str
    account_id: str
    role: Role | None
    scope: Scope | None
    permissions: list[Permission]
    accounts: list[MyAccount]
    name: str | None
    locale: str | None
    csrf_token: str | None


class MeChange(BaseModel):
    """What a person may change about themselves; what is missing stays."""

    name: str | None = None
    locale: str | None = None


class PasswordChange(BaseModel):
    """The old password proves that it is you."""

    current_password: Annotated[str, Field(max_length=1_000)]
    new_password: Annotated[str, Field(max_length=1_001)]


@router.get("/v1/me")
async def read_me(
    request: Request,
    actor: Annotated[Actor, Depends(access.authenticate)],
    conn: http.Transaction,
) -> Me:
    """Say who calls, in which account, and what they may do there."""
    user, belongs, csrf_token = None, list[Membership](), None
    if actor.kind is ActorKind.USER:
        user = await queries.find_user(conn, email=actor.label)
        belongs = await queries.memberships_of(conn, user_id=user.id) if user else []
        token = access.session_token_of(request)
        csrf_token = tokens.csrf_token(token) if token else None
    return Me(
        kind=actor.kind,
        label=actor.label,
        account_id=ids.to_base32(actor.account_id),
        role=actor.role,
        scope=actor.scope,
        permissions=sorted(actor.permissions),
        accounts=[
            MyAccount(id=ids.to_base32(one.account.id), name=one.account.name, role=one.role)
            for one in belongs
        ],
        name=user.name if user else None,
        locale=user.locale if user else None,
        csrf_token=csrf_token,
    )


@router.patch("/v1/me", status_code=204)
async def change_me(body: MeChange, user: SignedIn, conn: http.Transaction) -> None:
    """Change one's own name or language."""
    await change_user(conn, user_id=user.user_id, name=body.name, locale=body.locale)


@router.put("/v1/me/password", status_code=204)
async def change_password(
    body: PasswordChange, request: Request, user: SignedIn, runtime: http.RuntimeOf, now: http.Now
) -> None:
    """Set a new password; every other session of this person ends."""
    await credentials.change_password(
        runtime,
        actor=user.actor,
        session_token=user.token,
        current=body.current_password,
        new=body.new_password,
        address=request.client.host if request.client else None,
        now=now,
    )
