"""What an internal alert needs before it may go out (alerts.md, Editing).

Reading a definition does not apply these rules: an import loads such a flow as a draft and shows
them as warnings. Saving in the editor, and going manual or live, is refused with them.
"""

import unicodedata
from collections.abc import Iterator
from typing import Final, TypeAlias

from towpath import alerts
from towpath.flows.definition.actions.send_internal_alert import InternalAlert, SendInternalAlert
from towpath.flows.definition.free_mail import is_free_mail
from towpath.flows.definition.model import Definition
from towpath.flows.definition.reading import named
from towpath.kit.errors import Invalid

RECIPIENTS_MAX: Final = 5

_Problem: TypeAlias = tuple[str, str, str]
"""The place below the message, the code, and the sentence."""

_NOT_IN_A_HEADER: Final = frozenset({"Cc", "Zl", "Zp"})
"""Unicode categories: control characters, line and paragraph separators."""


def alert_problems(definition: Definition, *, has_default_sender: bool = False) -> list[Invalid]:
    """Say what is wrong with the alerts of a flow, each problem with the field it is in.

    `has_default_sender` says that the account has a sender for alerts that name none. `meta` has
    the `action` and the `field`, for a form to show the problem where it belongs.
    """
    return [
        Invalid(
            detail,
            pointer=f"{action.data.message.pointer}/{place}",
            code=code,
            meta={"action": action.id, "field": place.split("/")[0]},
        )
        for action in definition.every_action()
        if isinstance(action.data, SendInternalAlert) and action.data.message is not None
        for place, code, detail in _problems(
            action.data.message, has_default_sender=has_default_sender
        )
    ]


def _problems(message: InternalAlert, *, has_default_sender: bool) -> Iterator[_Problem]:
    yield from _recipient_problems(message.to_emails)
    yield from _sender_problems(message.from_email, has_default_sender=has_default_sender)
    for field, line in (("from_label", message.from_label), ("subject_line", message.subject_line)):
        if any(unicodedata.category(character) in _NOT_IN_A_HEADER for character in line or ""):
            detail = "Line breaks and control characters do not belong in a header; remove them."
            yield field, "alert_header", detail
    if not (message.subject_line or "").strip():
        yield "subject_line", "alert_subject_missing", "Write a subject."
    if not any((one or "").strip() for one in (message.template_id, message.html, message.text)):
        detail = "Write the message, or choose a template for it."
        yield "template_id", "alert_content_missing", detail


def _recipient_problems(addresses: tuple[str, ...]) -> Iterator[_Problem]:
    """Count an address written twice, in whatever case, once."""
    count = len({alerts.fold(address) for address in addresses})
    if count == 0:
        yield "to_emails", "alert_recipients_missing", "Add at least one recipient."
    if count > RECIPIENTS_MAX:
        detail = f"An alert goes to at most {RECIPIENTS_MAX} recipients, not {count}; remove some."
        yield "to_emails", "alert_recipients_too_many", detail
    for index, address in enumerate(addresses):
        if not alerts.is_address(alerts.fold(address)):
            detail = f"{named(address)} is not an email address; correct or remove it."
            yield f"to_emails/{index}", "alert_address_bad", detail


def _sender_problems(address: str | None, *, has_default_sender: bool) -> Iterator[_Problem]:
    if not address:
        if not has_default_sender:
            yield "from_email", "alert_sender_missing", "Name the address the alert comes from."
        return
    if not alerts.is_address(alerts.fold(address)):
        detail = f"{named(address)} is not an email address; correct it."
        yield "from_email", "alert_sender_bad", detail
    elif _is_of_mailbox_provider(address):
        detail = (
            f"Mail from {named(address)} that another server sends is taken for spam; "
            "use an address at a domain of your own."
        )
        yield "from_email", "alert_sender_free_mail", detail


def _is_of_mailbox_provider(address: str) -> bool:
    domain = alerts.fold(address).rpartition("@")[2]
    return is_free_mail(unicodedata.normalize("NFKC", domain))
