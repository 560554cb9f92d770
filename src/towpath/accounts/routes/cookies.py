"""The session cookie, and what a route knows about a signed-in browser."""

from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from starlette.responses import Response

from towpath.accounts import access
from towpath.accounts.model import Actor, ActorKind, NotPermitted
from towpath.accounts.operations.sessions import SESSION_AGE_MAX
from towpath.kit import ids
from towpath.kit.config import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInUser:
    """A person in a browser: who they are, and the session they use."""

    actor: Actor
    user_id: UUID
    token: str = field(repr=False)


def set_session_cookie(response: Response, *, settings: Settings, token: str) -> None:
    """Give the browser its session: not readable by scripts, not sent from other sites' forms."""
    response.set_cookie(
        access.session_cookie_name(settings),
        token,
        max_age=int(SESSION_AGE_MAX.total_seconds()),
        path="/",
        secure=access.is_https(settings),
        httponly=True,
        samesite="lax",
    )


def clear_session_cookie(response: Response, *, settings: Settings) -> None:
    """Take the session from the browser."""
    response.delete_cookie(
        access.session_cookie_name(settings),
        path="/",
        secure=access.is_https(settings),
        httponly=True,
        samesite="lax",
    )


async def signed_in_user(request: Request) -> SignedInUser:
    """Return the person whose browser calls; an API key is refused with `NotPermitted`."""
    actor = await access.authenticate(request)
    token = access.session_token_of(request)
    if actor.kind is not ActorKind.USER or token is None:
        raise NotPermitted("This is for people who are signed in, not for API keys.")
    user_id = ids.from_base32(actor.id)
    assert user_id is not None  # an actor of kind user is made from its id
    return SignedInUser(actor=actor, user_id=user_id, token=token)


SignedIn = Annotated[SignedInUser, Depends(signed_in_user)]
