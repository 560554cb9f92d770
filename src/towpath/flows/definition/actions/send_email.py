"""`send-email`: a message to the person by email (api.md §5.3, FlowEmail)."""

from dataclasses import dataclass

from towpath.audiences.conditions import ConditionGroups, Place
from towpath.flows.definition.filters import read_filter
from towpath.flows.definition.limits import LINE_CHARACTERS_MAX, TEXT_CHARACTERS_MAX
from towpath.flows.definition.reading import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """The mail as written; the content is a stored template, or our inline `html` and `text`."""

    from_email: str | None
    from_label: str | None
    reply_to_email: str | None
    subject_line: str | None
    preview_text: str | None
    template_id: str | None
    html: str | None
    text: str | None
    smart_sending_enabled: bool
    transactional: bool
    additional_filters: ConditionGroups | None
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendEmail:
    """Without `message` the mail has not been written yet."""

    message: Email | None


def read(fields: Fields) -> SendEmail:
    """Read the `data` of an email action."""
    message = fields.part("message")
    return SendEmail(message=_read_message(message) if message else None)


def _read_message(fields: Fields) -> Email:
    return Email(
        from_email=fields.text("from_email"),
        from_label=fields.text("from_label"),
        reply_to_email=fields.text("reply_to_email"),
        subject_line=fields.text("subject_line", characters_max=LINE_CHARACTERS_MAX),
        preview_text=fields.text("preview_text", characters_max=LINE_CHARACTERS_MAX),
        template_id=fields.text("template_id"),
        html=fields.text("html", characters_max=TEXT_CHARACTERS_MAX),
        text=fields.text("text", characters_max=TEXT_CHARACTERS_MAX),
        smart_sending_enabled=fields.boolean("smart_sending_enabled", default=True),
        transactional=fields.boolean("transactional", default=False),
        additional_filters=read_filter(fields, "additional_filters", Place.ADDITIONAL_FILTER),
        name=fields.text("name"),
    )
