"""`send-sms`: a message to the person by SMS (api.md §5.3, FlowSms)."""

from dataclasses import dataclass

from towpath.audiences.conditions import ConditionGroups, Place
from towpath.flows.definition.filters import read_filter
from towpath.flows.definition.limits import LINE_CHARACTERS_MAX, TEXT_CHARACTERS_MAX
from towpath.flows.definition.reading import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """The text as written; with `has_media` it goes out as MMS."""

    body: str | None
    template_id: str | None
    has_media: bool
    shorten_links: bool
    include_contact_card: bool
    add_org_prefix: bool
    add_info_link: bool
    add_opt_out_language: bool
    smart_sending_enabled: bool
    sms_quiet_hours_enabled: bool
    transactional: bool
    additional_filters: ConditionGroups | None
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSms:
    """Without `message` the text has not been written yet."""

    message: Sms | None


def read(fields: Fields) -> SendSms:
    """Read the `data` of an SMS action."""
    message = fields.part("message")
    return SendSms(message=_read_message(message) if message else None)


def _read_message(fields: Fields) -> Sms:
    media = (
        fields.text("image_id"),
        fields.text("dynamic_image", characters_max=LINE_CHARACTERS_MAX),
    )
    return Sms(
        body=fields.text("body", characters_max=TEXT_CHARACTERS_MAX),
        template_id=fields.text("template_id"),
        has_media=any(media),
        shorten_links=fields.boolean("shorten_links", default=True),
        include_contact_card=fields.boolean("include_contact_card", default=False),
        add_org_prefix=fields.boolean("add_org_prefix", default=True),
        add_info_link=fields.boolean("add_info_link", default=True),
        add_opt_out_language=fields.boolean("add_opt_out_language", default=False),
        smart_sending_enabled=fields.boolean("smart_sending_enabled", default=True),
        sms_quiet_hours_enabled=fields.boolean("sms_quiet_hours_enabled", default=True),
        transactional=fields.boolean("transactional", default=False),
        additional_filters=read_filter(fields, "additional_filters", Place.ADDITIONAL_FILTER),
        name=fields.text("name"),
    )
