"""`send-webhook`: a POST to an address of the shop's choice (flows.md §5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from towpath.flows.definition.limits import LINE_CHARACTERS_MAX, TEXT_CHARACTERS_MAX
from towpath.flows.definition.reading import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """The request as written: `headers` by name, `body` still a template."""

    url: str | None
    headers: Mapping[str, str]
    body: str | None
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendWebhook:
    """Without `message` the request has not been written yet."""

    message: Webhook | None


def read(fields: Fields) -> SendWebhook:
    """Read the `data` of a webhook action."""
    fields.require("message")
    message = fields.part("message")
    if message is None:
        return SendWebhook(message=None)
    return SendWebhook(
        message=Webhook(
            url=message.text("url", characters_max=LINE_CHARACTERS_MAX),
            headers=_read_headers(message),
            body=message.text("body", characters_max=TEXT_CHARACTERS_MAX),
            name=message.text("name"),
        )
    )


def _read_headers(message: Fields) -> Mapping[str, str]:
    headers = message.part("headers")
    if headers is None:
        return MappingProxyType({})
    texts = (
        (name, headers.text(name, characters_max=LINE_CHARACTERS_MAX)) for name in headers.values
    )
    return MappingProxyType({name: text for name, text in texts if text is not None})
