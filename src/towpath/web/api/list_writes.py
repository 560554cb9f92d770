"""The operations that change lists and who is on them."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from towpath import audiences, people
from towpath.audiences import OptInProcess
from towpath.kit import ids, json_values
from towpath.kit.errors import Problem
from towpath.web.api.bodies import (
    BadDocument,
    Json,
    read_attributes,
    read_document,
    read_identifiers,
    read_list,
    read_resource,
)
from towpath.web.api.list_resources import LIST
from towpath.web.api.operations import Call
from towpath.web.api.writing import write_and_show

MEMBERS_PER_REQUEST_MAX: Final = 1_000
METHOD: Final = "api"
_FIELDS: Final = frozenset({"name", "opt_in_process"})
_POINTER: Final = "/data/attributes"


async def create_list(call: Call) -> Response:
    """Make a list; without `opt_in_process` it has double opt-in."""
    data = read_resource(await read_document(call.request), LIST.name)
    if data.get("id") is not None:
        raise BadDocument("A new list gets its id from us.", pointer="/data/id")
    changes = _read_changes(data)
    if "name" not in changes:
        raise BadDocument("A list needs a name.", pointer=f"{_POINTER}/name")

    async def write(conn: AsyncConnection) -> tuple[str, int]:
        made = await audiences.create_list(
            conn, account_id=call.account_id, now=call.now, **changes
        )
        return made.id, 201

    return await write_and_show(call, LIST, write)


async def update_list(call: Call) -> Response:
    """Change the list that the address names."""
    data = read_resource(await read_document(call.request), LIST.name)
    if data.get("id") != call.shown_id:
        raise BadDocument("id must be the one in the address.", pointer="/data/id")
    changes = _read_changes(data)

    async def write(conn: AsyncConnection) -> tuple[str, int]:
        changed = await audiences.update_list(
            conn, account_id=call.account_id, list_id=call.shown_id, now=call.now, **changes
        )
        return changed.id, 200

    return await write_and_show(call, LIST, write)


async def delete_list(call: Call) -> Response:
    """Delete the list that the address names; its people stay."""
    async with call.runtime.engine.begin() as conn:
        await audiences.delete_list(
            conn, account_id=call.account_id, list_id=call.shown_id, now=call.now
        )
    return Response(status_code=204)


async def add_profiles(call: Call) -> Response:
    """Put people on a list, without changing what they agreed to."""
    profile_ids = await _read_members(call)
    async with call.runtime.engine.begin() as conn:
        await audiences.add_to_list(
            conn,
            account_id=call.account_id,
            list_id=call.shown_id,
            profile_ids=profile_ids,
            method=METHOD,
            now=call.now,
        )
    return Response(status_code=204)


async def remove_profiles(call: Call) -> Response:
    """Take people off a list, without changing what they agreed to."""
    profile_ids = await _read_members(call)
    async with call.runtime.engine.begin() as conn:
        await audiences.remove_from_list(
            conn,
            account_id=call.account_id,
            list_id=call.shown_id,
            profile_ids=profile_ids,
            now=call.now,
        )
    return Response(status_code=204)


def _read_changes(data: Json) -> dict[str, Any]:  # Any: a text or an `OptInProcess`
    attributes = {name: value for name, value in read_attributes(data).items() if value is not None}
    unknown = attributes.keys() - _FIELDS
    if unknown:
        field = min(unknown)
        raise BadDocument(
            f"'{field}' is not a field that can be set on a list.",
            pointer=f"{_POINTER}/{json_values.escape(field)}",
        )
    changes: dict[str, Any] = {}
    if "name" in attributes:
        changes["name"] = _read_name(attributes)
    if "opt_in_process" in attributes:
        changes["opt_in_process"] = _read_opt_in_process(attributes)
    return changes


def _read_name(attributes: Mapping[str, object]) -> str:
    name = attributes["name"]
    if not isinstance(name, str):
        raise BadDocument("name must be a text.", pointer=f"{_POINTER}/name")
    try:
        return audiences.checked_list_name(name)
    except Problem as problem:
        raise problem.under(_POINTER) from None


def _read_opt_in_process(attributes: Mapping[str, object]) -> OptInProcess:
    given = attributes["opt_in_process"]
    known = [str(each) for each in OptInProcess]
    if given not in known:
        raise BadDocument(
            f"opt_in_process must be one of {', '.join(known)}.",
            pointer=f"{_POINTER}/opt_in_process",
        )
    return OptInProcess(str(given))


async def _read_members(call: Call) -> list[UUID]:
    """Read `{"data": [{"type": "profile", "id": …}]}`."""
    given = read_list(await read_document(call.request), "")
    if len(given) > MEMBERS_PER_REQUEST_MAX:
        detail = f"A request names at most {MEMBERS_PER_REQUEST_MAX:,} profiles."
        raise BadDocument(detail, pointer="/data")
    found = []
    for index, shown in enumerate(read_identifiers(given, "profile", "/data")):
        profile_id = ids.from_base32(shown)
        if profile_id is None:
            raise people.ProfileNotFound(pointer=f"/data/{index}/id")
        found.append(profile_id)
    return found
