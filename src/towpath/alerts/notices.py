"""What the pages behind links in mails to recipients say when there is no button to press."""

from dataclasses import dataclass
from typing import Final, assert_never

from towpath.alerts.model import CONFIRMATION_VALID, ConfirmationOutcome
from towpath.kit.errors import Problem
from towpath.kit.secrets import LinkExpired
from towpath.kit.texts import Texts

GONE: Final = 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A heading, what it means and what to do, and the HTTP status it comes with."""

    heading: str
    explanation: str
    status: int = 200


def notice_of_outcome(
    outcome: ConfirmationOutcome, *, said: Texts, account: str, address: str
) -> Notice:
    """Say what became of a confirmation."""
    names = {"account": account, "address": address}
    match outcome:
        case ConfirmationOutcome.CONFIRMED:
            return Notice(
                heading=said.gettext("Email address confirmed"),
                explanation=said.gettext(
                    "From now on, alerts from %(account)s are sent to %(address)s. "
                    "You can close this page.",
                    **names,
                ),
            )
        case ConfirmationOutcome.ALREADY_CONFIRMED:
            return Notice(
                heading=said.gettext("Already confirmed"),
                explanation=said.gettext(
                    "Alerts from %(account)s are already sent to %(address)s. "
                    "There is nothing left to do.",
                    **names,
                ),
            )
        case ConfirmationOutcome.SUPERSEDED:
            return Notice(
                heading=said.gettext("This link no longer works"),
                explanation=said.gettext(
                    "Alerts from %(account)s to %(address)s were stopped after this link was "
                    "sent. If you want them again, ask the team for a new confirmation email.",
                    **names,
                ),
                status=GONE,
            )
        case _:
            assert_never(outcome)


def notice_of_opt_out(*, said: Texts, account: str, address: str) -> Notice:
    """Say that the alerts have ended."""
    return Notice(
        heading=said.gettext("Alerts stopped"),
        explanation=said.gettext(
            "%(address)s gets no more alerts from %(account)s. If you want them again, ask the "
            "team for a new confirmation email.",
            account=account,
            address=address,
        ),
    )


def notice_of_problem(problem: Problem, *, said: Texts) -> Notice:
    """Say why a link cannot be used and how to get one that can."""
    if isinstance(problem, LinkExpired):
        return Notice(
            heading=said.gettext("This link has expired"),
            explanation=said.ngettext(
                "A confirmation link works for %(num)d day. Ask the team for a new confirmation "
                "email.",
                "A confirmation link works for %(num)d days. Ask the team for a new confirmation "
                "email.",
                CONFIRMATION_VALID.days,
            ),
            status=GONE,
        )
    return Notice(
        heading=said.gettext("This link is not valid"),
        explanation=said.gettext(
            "It may have been cut off on the way. Open the link in the email itself, or copy all "
            "of it. If that does not help, ask the team for a new email."
        ),
        status=problem.status,
    )
