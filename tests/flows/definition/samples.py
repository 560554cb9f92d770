"""Small documents to start a test from: a flow, a delay, a split, an alert."""

import copy
import json
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parents[2] / "fixtures"

PASSES = {
    "condition_groups": [
        {
            "conditions": [
                {
                    "type": "profile-property",
                    "property": "properties['vip']",
                    "filter": {"type": "boolean", "operator": "equals", "value": True},
                }
            ]
        }
    ]
}


def fixture(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text())


def flow(*actions: dict[str, Any], **others: Any) -> dict[str, Any]:
    """Return a metric flow that begins with the first of `actions`."""
    document = {
        "triggers": [{"type": "metric", "id": "METORD", "trigger_filter": None}],
        "profile_filter": None,
        "actions": copy.deepcopy(list(actions)),
        "entry_action_id": actions[0].get("temporary_id", actions[0].get("id"))
        if actions
        else None,
    }
    return document | others


def delay(label: str, to: str | None = None, **data: Any) -> dict[str, Any]:
    return {
        "temporary_id": label,
        "type": "time-delay",
        "links": {"next": to},
        "data": {"unit": "days", "value": 1} | data,
    }


def split(label: str, yes: str | None = None, no: str | None = None) -> dict[str, Any]:
    return {
        "temporary_id": label,
        "type": "conditional-split",
        "links": {"next_if_true": yes, "next_if_false": no},
        "data": {"profile_filter": PASSES},
    }


def alert(
    label: str, to: str | None = None, *, status: str = "draft", **message: Any
) -> dict[str, Any]:
    good = {
        "from_email": "alerts@shop.example",
        "from_label": "Alerts",
        "to_emails": ["ops@shop.example"],
        "subject_line": "VIP order",
        "html": "<p>{{ person.first_name }}</p>",
    }
    return {
        "temporary_id": label,
        "type": "send-internal-alert",
        "links": {"next": to},
        "data": {"status": status, "message": good | message},
    }


def update(label: str, *operations: dict[str, Any], status: str = "draft") -> dict[str, Any]:
    return {
        "temporary_id": label,
        "type": "update-profile",
        "links": {"next": None},
        "data": {"status": status, "profile_operations": list(operations)},
    }
