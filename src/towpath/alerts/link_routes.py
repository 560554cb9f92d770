"""The pages behind the links in mails to recipients (alerts.md, Recipient opt-in).

A GET never changes anything, so a scanner that follows links does nothing; one button posts to
the same address. That address is also the one-click target of RFC 8058.
"""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import accounts
from towpath.alerts.links import (
    CONFIRMATION_PATH,
    OPT_OUT_PATH,
    read_confirmation,
    read_opt_out,
)
from towpath.alerts.model import (
    ConfirmationOutcome,
    Recipient,
    RecipientNotFound,
    RecipientState,
    outcome_of,
)
from towpath.alerts.notices import (
    Notice,
    notice_of_opt_out,
    notice_of_outcome,
    notice_of_problem,
)
from towpath.alerts.operations import confirm, opt_out
from towpath.alerts.queries import find_recipient
from towpath.kit import http, pages
from towpath.kit.secrets import LinkExpired, LinkInvalid
from towpath.kit.texts import Texts, negotiate, texts

PAGES: Final = pages.Pages("towpath.alerts")
LINK_PROBLEMS: Final = (LinkInvalid, LinkExpired, RecipientNotFound)

router = APIRouter(include_in_schema=False)


@router.api_route(CONFIRMATION_PATH + "/{token}", methods=["GET", "HEAD"])
async def show_confirmation(
    request: Request, token: str, runtime: http.RuntimeOf, conn: http.Transaction, now: http.Now
) -> Response:
    """Ask once more, with a button; or say that there is nothing to confirm."""
    said = _texts_for(request)
    try:
        link = read_confirmation(runtime.keys, token, now=now)
        account, recipient = await _find(conn, link.account_id, link.address)
    except LINK_PROBLEMS as problem:
        return _show(notice_of_problem(problem, said=said), said)
    outcome = outcome_of(link, recipient)
    if outcome is ConfirmationOutcome.CONFIRMED:
        return PAGES.render(
            "confirm.html", language=said.locale, account=account, address=recipient.address
        )
    return _show(
        notice_of_outcome(outcome, said=said, account=account, address=recipient.address), said
    )


@router.post(CONFIRMATION_PATH + "/{token}")
async def press_confirm(
    request: Request, token: str, runtime: http.RuntimeOf, conn: http.Transaction, now: http.Now
) -> Response:
    """Confirm the address; pressing twice is pressing once."""
    said = _texts_for(request)
    try:
        link = read_confirmation(runtime.keys, token, now=now)
        account, recipient = await _find(conn, link.account_id, link.address)
        outcome = await confirm(conn, link=link, now=now)
    except LINK_PROBLEMS as problem:
        return _show(notice_of_problem(problem, said=said), said)
    return _show(
        notice_of_outcome(outcome, said=said, account=account, address=recipient.address), said
    )


@router.api_route(OPT_OUT_PATH + "/{token}", methods=["GET", "HEAD"])
async def show_opt_out(
    request: Request, token: str, runtime: http.RuntimeOf, conn: http.Transaction, now: http.Now
) -> Response:
    """Ask once more, with a button; or say that the alerts have ended already."""
    said = _texts_for(request)
    try:
        link = read_opt_out(runtime.keys, token, now=now)
        account, recipient = await _find(conn, link.account_id, link.address)
    except LINK_PROBLEMS as problem:
        return _show(notice_of_problem(problem, said=said), said)
    if recipient.state is RecipientState.DISABLED:
        notice = notice_of_opt_out(said=said, account=account, address=recipient.address)
        return _show(notice, said)
    return PAGES.render(
        "opt_out.html", language=said.locale, account=account, address=recipient.address
    )


@router.post(OPT_OUT_PATH + "/{token}")
async def press_opt_out(
    request: Request, token: str, runtime: http.RuntimeOf, conn: http.Transaction, now: http.Now
) -> Response:
    """Disable the address: the button of the page, or a mail program's one click."""
    said = _texts_for(request)
    try:
        link = read_opt_out(runtime.keys, token, now=now)
        account, recipient = await _find(conn, link.account_id, link.address)
        await opt_out(conn, link=link, now=now)
    except LINK_PROBLEMS as problem:
        return _show(notice_of_problem(problem, said=said), said)
    return _show(notice_of_opt_out(said=said, account=account, address=recipient.address), said)


def _texts_for(request: Request) -> Texts:
    asked = request.query_params.get("lang")
    return texts(negotiate(request.headers.get("accept-language"), asked=asked))


async def _find(conn: AsyncConnection, account_id: UUID, address: str) -> tuple[str, Recipient]:
    """Return the account's name and the recipient; raises `RecipientNotFound`."""
    account = await accounts.account_of(conn, account_id=account_id)
    recipient = await find_recipient(conn, account_id=account_id, address=address)
    if account is None or recipient is None:
        raise RecipientNotFound
    return account.name, recipient


def _show(notice: Notice, said: Texts) -> Response:
    return PAGES.render(
        "notice.html",
        language=said.locale,
        status=notice.status,
        heading=notice.heading,
        explanation=notice.explanation,
    )
