"""One way to render in these tests: a person, an order, a shop, a fixed moment."""

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from towpath import templates

NOW = datetime(2026, 11, 1, 23, 30, tzinfo=UTC)  # already Monday, 2 November, in Berlin

PERSON: Mapping[str, object] = {
    "first_name": "Ann",
    "email": "ann@example.test",
    "Favourite Colour": "blue",
    "city": "Łódź",
    "visits": 7,
    "balance": 12.5,
    "is_vip": True,
    "nickname": None,
    "markup": "<script>alert('x')</script>",
}
EVENT: Mapping[str, object] = {
    "$value": 1234.5,
    "Items": [
        {"title": "Tea & Co", "price": 3, "tags": ["hot", "dry"]},
        {"title": "Pot", "price": 21.5, "tags": []},
    ],
    "totals": {"net": 10, "tax": 2},
    "time": "2016-02-11T16:46:08-05:00",
}
ORGANIZATION: Mapping[str, object] = {"name": "Canal & Sons", "currency": "EUR"}


def context(
    *,
    person: Mapping[str, object] = PERSON,
    event: Mapping[str, object] | None = EVENT,
    links: Mapping[str, str] | None = None,
    extra: Mapping[str, object] | None = None,
) -> templates.RenderContext:
    """Give the data of a rendering."""
    return templates.RenderContext(
        person=person,
        event=event,
        organization=ORGANIZATION,
        now=NOW,
        timezone=ZoneInfo("Europe/Berlin"),
        links=links or {},
        extra=extra or {},
    )


def html(source: str, **given: object) -> str:
    """Render as HTML with these as the event's properties, or the order's when there are none."""
    return templates.compile(source, autoescape=True).render(context(event=given or EVENT))


def text(source: str, **given: object) -> str:
    """Render as plain text."""
    return templates.compile(source, autoescape=False).render(context(event=given or EVENT))
