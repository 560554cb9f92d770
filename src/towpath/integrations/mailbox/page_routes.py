"""The mailbox page: a list, a mail, and the mail's HTML locked in a sandbox."""

from typing import Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import HTMLResponse, Response

from towpath import accounts
from towpath.integrations.mailbox import queries
from towpath.integrations.mailbox.model import CapturedMail, CapturedMailNotFound
from towpath.kit import http, ids
from towpath.kit.pages import Pages, language_of

PAGES: Final = Pages("towpath.integrations.mailbox")
MAILS_PER_PAGE: Final = 50

SANDBOX_POLICY: Final = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
"""No script, no form, nothing loaded from elsewhere; a link opens outside, as in a mail program."""

OPEN_LINKS_OUTSIDE: Final = '<!doctype html><base target="_blank">'

router = APIRouter(include_in_schema=False)


@router.get("/mailbox")
async def show_mailbox(
    request: Request,
    user: accounts.SignedIn,
    conn: http.Transaction,
    runtime: http.RuntimeOf,
    cursor: http.Cursor,
) -> Response:
    """Show the newest captured mails."""
    account = await _account_of(user, conn)
    mails = await queries.list_mails(
        conn,
        account_id=account.id,
        reader=user.actor.label,
        before=cursor,
        limit=MAILS_PER_PAGE + 1,
    )
    shown = mails[:MAILS_PER_PAGE]
    return PAGES.render(
        "list.html",
        language=language_of(request),
        account=account,
        zone=ZoneInfo(account.timezone),
        mails=[(ids.to_base32(mail.id), mail) for mail in shown],
        older=ids.to_base32(shown[-1].id) if len(mails) > MAILS_PER_PAGE else None,
        is_first_page=cursor is None,
        is_capturing=runtime.settings.smtp_url is None,
        csrf_token=accounts.csrf_token(user.token),
    )


@router.get("/mailbox/{mail_id}")
async def show_mail(
    mail_id: str, request: Request, user: accounts.SignedIn, conn: http.Transaction
) -> Response:
    """Show one captured mail, its HTML in a frame."""
    account = await _account_of(user, conn)
    return PAGES.render(
        "mail.html",
        language=language_of(request),
        account=account,
        zone=ZoneInfo(account.timezone),
        mail_id=mail_id,
        mail=await _mail_of(user, conn, mail_id),
        csrf_token=accounts.csrf_token(user.token),
    )


@router.get("/mailbox/{mail_id}/content")
async def show_content(
    mail_id: str, user: accounts.SignedIn, conn: http.Transaction
) -> HTMLResponse:
    """Return the HTML of a captured mail under a policy that lets it do nothing but be read."""
    await _account_of(user, conn)
    mail = await _mail_of(user, conn, mail_id)
    return HTMLResponse(
        OPEN_LINKS_OUTSIDE + (mail.html or ""),
        headers={"Content-Security-Policy": SANDBOX_POLICY},
    )


async def _account_of(user: accounts.SignedInUser, conn: AsyncConnection) -> accounts.Account:
    user.actor.check(accounts.Permission.MAILBOX)
    account = await accounts.account_of(conn, account_id=user.actor.account_id)
    if account is None:
        raise accounts.AccountNotFound
    return account


async def _mail_of(
    user: accounts.SignedInUser, conn: AsyncConnection, mail_id: str
) -> CapturedMail:
    identifier = ids.from_base32(mail_id)
    if identifier is None:
        raise CapturedMailNotFound
    return await queries.get_mail(
        conn, account_id=user.actor.account_id, reader=user.actor.label, mail_id=identifier
    )
