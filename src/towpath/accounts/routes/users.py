"""`/v1/users`: the members of the account and their roles."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from towpath.accounts import access, queries
from towpath.accounts.model import Actor, Member, UserNotFound
from towpath.accounts.operations.accounts import change_role, invite_user, remove_membership
from towpath.accounts.operations.links import invitation_link
from towpath.accounts.permissions import Permission, Role
from towpath.kit import http, ids

router = APIRouter(tags=["Users"], route_class=http.JsonRoute)

UsersActor = Annotated[Actor, Depends(access.require(Permission.USERS))]


class MemberAnswer(BaseModel):
    """A person who belongs to the account."""

    id: str
    email: str
    name: str
    role: Role
    joined_at: datetime


class NewUser(BaseModel):
    """The person to invite."""

    email: str
    name: str
    role: Role


class Invitation(BaseModel):
    """Give the link to that person; it is shown once and works once."""

    id: str
    link: str


class RoleChange(BaseModel):
    """The role a member is to have."""

    role: Role


@router.get("/v1/users")
async def list_users(
    actor: UsersActor, conn: http.Transaction, cursor: http.Cursor, limit: http.Limit = 50
) -> http.Page[MemberAnswer]:
    """Return the members of the account, the newest user first."""
    members = await queries.list_members(
        conn, account_id=actor.account_id, before=cursor, limit=limit + 1
    )
    return http.page_of(members, limit=limit, item=_answer, id_of=lambda member: member.user_id)


@router.post("/v1/users", status_code=201)
async def invite(
    body: NewUser,
    actor: UsersActor,
    conn: http.Transaction,
    runtime: http.RuntimeOf,
    now: http.Now,
) -> Invitation:
    """Invite a person who has no user yet and return the link at which they set a password."""
    user_id = ids.new_id()
    await invite_user(
        conn,
        actor=actor,
        user_id=user_id,
        email=body.email,
        name=body.name,
        role=body.role,
        now=now,
    )
    link = await invitation_link(
        conn,
        user_id=user_id,
        account_id=actor.account_id,
        public_url=runtime.settings.public_url,
        now=now,
    )
    return Invitation(id=ids.to_base32(user_id), link=link)


@router.patch("/v1/users/{user_id}", status_code=204)
async def give_role(
    user_id: str, body: RoleChange, actor: UsersActor, conn: http.Transaction, now: http.Now
) -> None:
    """Give a member another role, effective with their next request."""
    await change_role(
        conn,
        actor=actor,
        user_id=http.read_id(user_id, UserNotFound),
        role=body.role,
        now=now,
    )


@router.delete("/v1/users/{user_id}", status_code=204)
async def remove_user(
    user_id: str, actor: UsersActor, conn: http.Transaction, now: http.Now
) -> None:
    """Take a member out of the account; their sessions there end."""
    await remove_membership(conn, actor=actor, user_id=http.read_id(user_id, UserNotFound), now=now)


def _answer(member: Member) -> MemberAnswer:
    return MemberAnswer(
        id=ids.to_base32(member.user_id),
        email=member.email,
        name=member.name,
        role=member.role,
        joined_at=member.joined_at,
    )
