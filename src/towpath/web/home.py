"""The start page of a signed-in person: where to go, as far as they may."""

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from towpath import accounts
from towpath.kit import http
from towpath.kit.pages import Pages, language_of

PAGES: Final = Pages("towpath.web")

router = APIRouter(include_in_schema=False)


@router.get("/")
async def show_home(request: Request, user: accounts.SignedIn, conn: http.Transaction) -> Response:
    """Show the account's name and the places this person may go to."""
    account = await accounts.account_of(conn, account_id=user.actor.account_id)
    if account is None:
        raise accounts.AccountNotFound
    return PAGES.render(
        "home.html",
        language=language_of(request),
        account=account,
        email=user.actor.label,
        csrf_token=accounts.csrf_token(user.token),
        may_read_mailbox=user.actor.may(accounts.Permission.MAILBOX),
    )
