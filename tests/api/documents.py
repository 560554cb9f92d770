"""Request bodies for tests."""

from typing import Any

METRIC = {"data": {"type": "metric", "attributes": {"name": "Placed Order"}}}


def profile_of(email: str = "ada@example.test", **attributes: Any) -> dict[str, Any]:
    return {"data": {"type": "profile", "attributes": {"email": email, **attributes}}}


def event_of(email: str = "ada@example.test", **attributes: Any) -> dict[str, Any]:
    values = {"properties": {}, "metric": METRIC, "profile": profile_of(email), **attributes}
    return {"data": {"type": "event", "attributes": values}}


def bulk_of(*people: tuple[dict[str, Any], list[dict[str, Any]]]) -> dict[str, Any]:
    """Make a bulk request of (profile document, attributes of each event)."""
    groups = [
        {
            "type": "event-bulk-create",
            "attributes": {
                "profile": profile,
                "events": {
                    "data": [
                        {
                            "type": "event",
                            "attributes": {"properties": {}, "metric": METRIC, **attributes},
                        }
                        for attributes in events
                    ]
                },
            },
        }
        for profile, events in people
    ]
    attributes = {"events-bulk-create": {"data": groups}}
    return {"data": {"type": "event-bulk-create-job", "attributes": attributes}}


def patch_of(shown_id: str, **attributes: Any) -> dict[str, Any]:
    return {"data": {"type": "profile", "id": shown_id, "attributes": attributes}}


def merge_of(source: str, destination: str) -> dict[str, Any]:
    sources = {"profiles": {"data": [{"type": "profile", "id": source}]}}
    return {"data": {"type": "profile-merge", "id": destination, "relationships": sources}}
