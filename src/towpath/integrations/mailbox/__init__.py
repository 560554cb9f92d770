"""The mailbox: where mails go while no mail server is set, and the page that shows them.

Captured mails hold secrets (confirmation links): the page is for owners, shows their own account
only, and never somebody else's sign-in mail.
"""

from fastapi import APIRouter

from towpath.integrations.mailbox import page_routes, routes
from towpath.integrations.mailbox.model import (
    MAILS_KEPT_MAX,
    CapturedMail,
    CapturedMailNotFound,
    CapturedMailSummary,
)
from towpath.integrations.mailbox.queries import get_mail, list_mails
from towpath.integrations.mailbox.transport import MailboxTransport

router = APIRouter()
router.include_router(routes.router)
router.include_router(page_routes.router)

__all__ = [
    "MAILS_KEPT_MAX",
    "CapturedMail",
    "CapturedMailNotFound",
    "CapturedMailSummary",
    "MailboxTransport",
    "get_mail",
    "list_mails",
    "router",
]
