"""`send-internal-alert`: an email to the team about the profile (alerts.md, Editing).

A draft may hold anything of the right type here: what keeps an alert from being saved in the editor
or from going manual or live is in `alert_rules`.
"""

from dataclasses import dataclass

from towpath.flows.definition.limits import (
    LINE_CHARACTERS_MAX,
    RECIPIENTS_KEPT_MAX,
    TEXT_CHARACTERS_MAX,
)
from towpath.flows.definition.reading import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalAlert:
    """The mail as written: addresses unchecked, subject and content still templates.

    The content is a stored template, or our inline `html` and `text`.
    """

    pointer: str
    to_emails: tuple[str, ...]
    from_email: str | None
    from_label: str | None
    subject_line: str | None
    template_id: str | None
    html: str | None
    text: str | None
    name: str | None
    message_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendInternalAlert:
    """Without `message` the alert has not been written yet."""

    message: InternalAlert | None


def read(fields: Fields) -> SendInternalAlert:
    """Read the `data` of an alert."""
    fields.require("message")
    message = fields.part("message")
    if message is None:
        fields.keep("message", "an alert without a message")
        return SendInternalAlert(message=None)
    return SendInternalAlert(message=_read_message(message))


def _read_message(fields: Fields) -> InternalAlert:
    return InternalAlert(
        pointer=fields.pointer,
        to_emails=fields.texts("to_emails", count_max=RECIPIENTS_KEPT_MAX),
        from_email=fields.text("from_email"),
        from_label=fields.text("from_label"),
        subject_line=fields.text("subject_line", characters_max=LINE_CHARACTERS_MAX),
        template_id=fields.text("template_id"),
        html=fields.text("html", characters_max=TEXT_CHARACTERS_MAX),
        text=fields.text("text", characters_max=TEXT_CHARACTERS_MAX),
        name=fields.text("name"),
        message_id=fields.text("id"),
    )
