"""`/v1/session`: signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from towpath.accounts import access, credentials, tokens
from towpath.accounts.model import AccountNotFound
from towpath.accounts.operations.sessions import close_session, close_sessions, switch_account
from towpath.accounts.routes.cookies import SignedIn, clear_session_cookie, set_session_cookie
from towpath.kit import http

router = APIRouter(tags=["Session"], route_class=http.JsonRoute)


class Credentials(BaseModel):
    """What a person types to sign in."""

    email: Annotated[str, Field(max_length=254)]
    password: Annotated[str, Field(max_length=1_000)]


class OpenedSession(BaseModel):
    """The session itself is the cookie; its CSRF token goes into the header X-CSRF-Token."""

    csrf_token: str


class AccountChoice(BaseModel):
    """The account to show."""

    account_id: Annotated[str, Field(max_length=40)]


@router.post("/v1/session", status_code=201)
async def open_session(
    body: Credentials, request: Request, response: Response, runtime: http.RuntimeOf, now: http.Now
) -> OpenedSession:
    """Sign in with email address and password."""
    access.check_origin(request)
    token = await credentials.sign_in(
        runtime,
        email=body.email,
        password=body.password,
        address=request.client.host if request.client else None,
        now=now,
    )
    set_session_cookie(response, settings=runtime.settings, token=token)
    return OpenedSession(csrf_token=tokens.csrf_token(token))


@router.delete("/v1/session", status_code=204)
async def end_session(
    response: Response, user: SignedIn, conn: http.Transaction, runtime: http.RuntimeOf
) -> None:
    """Sign out in this browser."""
    await close_session(conn, token=user.token)
    clear_session_cookie(response, settings=runtime.settings)


@router.delete("/v1/sessions", status_code=204)
async def end_sessions(
    response: Response, user: SignedIn, conn: http.Transaction, runtime: http.RuntimeOf
) -> None:
    """Sign out everywhere, this browser included."""
    await close_sessions(conn, user_id=user.user_id)
    clear_session_cookie(response, settings=runtime.settings)


@router.put("/v1/session/account", status_code=204)
async def show_account(body: AccountChoice, user: SignedIn, conn: http.Transaction) -> None:
    """Show another account that this person belongs to."""
    await switch_account(
        conn,
        token=user.token,
        user_id=user.user_id,
        account_id=http.read_id(body.account_id, AccountNotFound),
    )
