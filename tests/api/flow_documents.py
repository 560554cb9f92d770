"""Flows for tests of the API: request bodies, and documents compared without their ids."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from tests.api.conftest import Shop
from tests.conftest import NOW
from tests.flows.shop import alert, definition, delay, split, update
from towpath import people

FIXTURES = Path(__file__).parents[1] / "fixtures"
DICTIONARIES = {"USE_DICTIONARY_FOR_RESPONSE_DATA": True}
WITH_DEFINITION = {"additional-fields[flow]": "definition"}
LINKS = {"next", "next_if_true", "next_if_false", "entry_action_id"}
VIP = {
    "type": "profile-property",
    "property": "properties['vip']",
    "filter": {"type": "boolean", "operator": "equals", "value": True},
}
SET_SEEN = {
    "operator": "update",
    "property_type": "boolean",
    "property_key": "seen",
    "property_value": True,
}


async def call(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Run a blocking SDK call beside the loop."""
    return await asyncio.to_thread(function, *args, **options)


def fixture(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text())


def flow_of(own_definition: Any, name: str = "Big orders") -> dict[str, Any]:
    attributes = {"name": name, "definition": own_definition}
    return {"data": {"type": "flow", "attributes": attributes}}


def status_of(flow_id: str, status: str) -> dict[str, Any]:
    return {"data": {"type": "flow", "id": flow_id, "attributes": {"status": status}}}


def action_of(action_id: str, own_definition: Any) -> dict[str, Any]:
    attributes = {"definition": own_definition}
    return {"data": {"type": "flow-action", "id": action_id, "attributes": attributes}}


def insertion_of(
    new: dict[str, Any],
    *,
    flow_id: str | None = None,
    anchor: dict[str, Any] | None = None,
    allows_live: bool | None = None,
) -> dict[str, Any]:
    attributes: dict[str, Any] = {"definition": new}
    if anchor is not None:
        attributes["anchor-action"] = anchor
    if allows_live is not None:
        attributes["allow_live_action"] = allows_live
    data: dict[str, Any] = {"type": "flow-action", "attributes": attributes}
    if flow_id is not None:
        data["relationships"] = {"flow": {"data": {"type": "flow", "id": flow_id}}}
    return {"data": data}


def anchor_of(action_id: str, kind: str, links: dict[str, Any]) -> dict[str, Any]:
    own = {"type": kind, "links": links}
    return {"data": action_of(action_id, own)["data"]}


def small_flow(*, status: str = "draft") -> dict[str, Any]:
    """Return a delay, then a split with an alert on its yes side, then a profile update."""
    return definition(
        delay("wait", "vip"),
        split("vip", "tell", "mark", VIP),
        alert("tell", "mark", status=status),
        update("mark", None, SET_SEEN, status=status),
    )


def without_ids(document: Any) -> Any:
    """Name every action by its place, and leave out the ids that an installation gives."""
    names: dict[str, str] = {}

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            for key in ("temporary_id", "id"):
                own = value.get(key)
                if "type" in value and isinstance(own, str):
                    names.setdefault(own, f"action {len(names)}")
        for below in _below(value):
            collect(below)

    def rename(value: Any) -> Any:
        if isinstance(value, dict):
            kept = {
                names.get(key, key): names.get(below, below) if key in LINKS else rename(below)
                for key, below in value.items()
                if key not in {"id", "temporary_id"}
            }
            own = value.get("id") or value.get("temporary_id")
            return kept | ({"id": names[own]} if "type" in value and own in names else {})
        return [rename(below) for below in value] if isinstance(value, list) else value

    collect(document["actions"])
    return rename({**document, "triggers": None}) | {"triggers": document["triggers"]}


def _below(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


async def add_metric(engine: AsyncEngine, shop: Shop, name: str = "Placed Order") -> str:
    async with engine.begin() as conn:
        made = await people.ensure_metrics(
            conn, account_id=shop.account_id, drafts=[people.MetricDraft(name=name)], now=NOW
        )
    return made[name]
