"""The page behind the link in a confirmation mail.

A GET never changes anything, so a scanner that follows links does nothing; one button posts to
the same address.
"""

from typing import Final, assert_never

from fastapi import APIRouter, Request, Response

from towpath import accounts
from towpath.kit import http, pages
from towpath.kit.errors import Problem
from towpath.kit.secrets import LinkExpired, LinkInvalid
from towpath.kit.texts import Texts, texts
from towpath.subscriptions.links import PATH, read_confirmation
from towpath.subscriptions.model import ConfirmationOutcome, RequestNotFound
from towpath.subscriptions.operations import confirm
from towpath.subscriptions.queries import find_request

GONE: Final = 410
PAGES: Final = pages.Pages("towpath.subscriptions")
LINK_PROBLEMS: Final = (LinkInvalid, LinkExpired, RequestNotFound)

router = APIRouter(include_in_schema=False)


@router.api_route(PATH + "/{token}", methods=["GET", "HEAD"])
async def show_confirmation(
    request: Request, token: str, runtime: http.RuntimeOf, conn: http.Transaction, now: http.Now
) -> Response:
    """Ask once more, with a button; or say that there is nothing to confirm."""
    said = texts(pages.language_of(request))
    try:
        link = read_confirmation(runtime.keys, token, now=now)
        account = await accounts.account_of(conn, account_id=link.account_id)
        asked = await find_request(conn, account_id=link.account_id, request_id=link.request_id)
        if account is None or asked is None:
            raise RequestNotFound
    except LINK_PROBLEMS as problem:
        return _problem(problem, said)
    if asked.is_confirmed:
        return _outcome(ConfirmationOutcome.ALREADY_CONFIRMED, said, account.name, asked.email)
    return PAGES.render(
        "confirm.html", language=said.locale, account=account.name, address=asked.email
    )


@router.post(PATH + "/{token}")
async def press_confirm(
    request: Request, token: str, runtime: http.RuntimeOf, conn: http.Transaction, now: http.Now
) -> Response:
    """Subscribe; pressing twice is pressing once."""
    said = texts(pages.language_of(request))
    try:
        link = read_confirmation(runtime.keys, token, now=now)
        account = await accounts.account_of(conn, account_id=link.account_id)
        asked = await find_request(conn, account_id=link.account_id, request_id=link.request_id)
        if account is None or asked is None:
            raise RequestNotFound
        outcome = await confirm(conn, link=link, now=now)
    except LINK_PROBLEMS as problem:
        return _problem(problem, said)
    return _outcome(outcome, said, account.name, asked.email)


def _outcome(outcome: ConfirmationOutcome, said: Texts, account: str, address: str) -> Response:
    """Say what became of a confirmation."""
    names = {"account": account, "address": address}
    match outcome:
        case ConfirmationOutcome.CONFIRMED:
            heading = said.gettext("Subscription confirmed")
            explanation = said.gettext(
                "From now on, emails from %(account)s are sent to %(address)s. "
                "You can close this page.",
                **names,
            )
        case ConfirmationOutcome.ALREADY_CONFIRMED:
            heading = said.gettext("Already confirmed")
            explanation = said.gettext(
                "Emails from %(account)s to %(address)s have been confirmed already. "
                "There is nothing left to do.",
                **names,
            )
        case ConfirmationOutcome.SUPERSEDED:
            return _problem(RequestNotFound(), said)
        case _:
            assert_never(outcome)
    return _notice(heading, explanation, said)


def _problem(problem: Problem, said: Texts) -> Response:
    """Say why a link cannot be used and how to get one that can."""
    match problem:
        case LinkExpired():
            heading = said.gettext("This link has expired")
            explanation = said.gettext("Subscribe again to get a new confirmation email.")
        case RequestNotFound():
            heading = said.gettext("This link no longer works")
            explanation = said.gettext(
                "Something has changed since it was sent, for instance you unsubscribed. "
                "If you want emails, subscribe again."
            )
        case _:
            heading = said.gettext("This link is not valid")
            explanation = said.gettext(
                "It may have been cut off on the way. Open the link in the email itself, or copy "
                "all of it. If that does not help, subscribe again."
            )
            return _notice(heading, explanation, said, status=problem.status)
    return _notice(heading, explanation, said, status=GONE)


def _notice(heading: str, explanation: str, said: Texts, *, status: int = 200) -> Response:
    return PAGES.render(
        "notice.html",
        language=said.locale,
        status=status,
        heading=heading,
        explanation=explanation,
    )
