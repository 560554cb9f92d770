"""The start page of a signed-in person: where to go, as far as they may."""

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from towpath import accounts
from towpath.kit import http
from towpath.kit.pages import Pages, language_of
from towpath.kit.texts import texts

PAGES: Final = Pages("towpath.web")

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A place to go; `permission` says who sees it, None everybody."""

    path: str
    title: str
    text: str
    permission: accounts.Permission | None


TILES: Final = (
    Tile(
        path="/mailbox",
        title="Mailbox",
        text="Mails that were captured because no mail server is set.",
        permission=accounts.Permission.MAILBOX,
    ),
    Tile(
        path="/docs",
        title="API reference",
        text="Every address of the APIs, what it takes and what it answers.",
        permission=None,
    ),
    Tile(
        path="/v1/health",
        title="Health",
        text="Whether everything runs.",
        permission=accounts.Permission.HEALTH,
    ),
)


@router.get("/")
async def show_home(request: Request, user: accounts.SignedIn, conn: http.Transaction) -> Response:
    """Show the account's name and the places this person may go to."""
    account = await accounts.account_of(conn, account_id=user.actor.account_id)
    if account is None:
        raise accounts.AccountNotFound
    language = language_of(request)
    translate = texts(language).gettext
    return PAGES.render(
        "home.html",
        language=language,
        account=account,
        actor=user.actor,
        csrf_token=accounts.csrf_token(user.token),
        tiles=[
            (tile.path, translate(tile.title), translate(tile.text))
            for tile in TILES
            if tile.permission is None or user.actor.may(tile.permission)
        ],
    )
