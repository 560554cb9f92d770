"""The operations that change profiles."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from towpath import people
from towpath.kit import ids
from towpath.web.api.bodies import (
    BadDocument,
    read_document,
    read_identifiers,
    read_list,
    read_profile,
    read_relationships,
    read_resource,
)
from towpath.web.api.documents import respond
from towpath.web.api.operations import Call, Handler
from towpath.web.api.people_resources import PROFILE
from towpath.web.api.writing import write_and_show


async def create_profile(call: Call) -> Response:
    """Make a profile; 409 with `meta.duplicate_profile_id` when somebody has its identifiers."""
    draft = read_profile(read_resource(await read_document(call.request), "profile"))
    if draft.id is not None:
        raise BadDocument("A new profile gets its id from us.", pointer="/data/id")

    async def write(conn: AsyncConnection) -> tuple[UUID, int]:
        made = await people.create_profile(
            conn, account_id=call.account_id, draft=draft, now=call.now
        )
        return made, 201

    return await write_and_show(call, PROFILE, write)


async def update_profile(call: Call) -> Response:
    """Change the profile that the address names."""
    profile_id = ids.from_base32(call.shown_id)
    if profile_id is None:
        raise people.ProfileNotFound
    data = read_resource(await read_document(call.request), "profile")
    if data.get("id") != call.shown_id:
        raise BadDocument("id must be the one in the address.", pointer="/data/id")
    draft = read_profile(data, profile_id=profile_id)

    async def write(conn: AsyncConnection) -> tuple[UUID, int]:
        changed = await people.update_profile(
            conn, account_id=call.account_id, draft=draft, now=call.now
        )
        return changed, 200

    return await write_and_show(call, PROFILE, write)


async def import_profile(call: Call) -> Response:
    """Make a profile (201) or change the one that is meant (200)."""
    draft = read_profile(read_resource(await read_document(call.request), "profile"))

    async def write(conn: AsyncConnection) -> tuple[UUID, int]:
        [placed] = await people.upsert_profiles(
            conn, account_id=call.account_id, drafts=[draft], now=call.now
        )
        return placed.profile_id, 201 if placed.is_created else 200

    return await write_and_show(call, PROFILE, write)


def merge_profiles(listeners: tuple[people.MergeListener, ...]) -> Handler:
    """Return the operation that merges one profile into another; `listeners` move their rows."""

    async def merge(call: Call) -> Response:
        data = read_resource(await read_document(call.request), "profile-merge")
        destination_id = _profile_id(data.get("id"), "/data/id")
        pointer = "/data/relationships/profiles"
        sources = read_list(read_relationships(data).get("profiles"), pointer)
        named = read_identifiers(sources, "profile", f"{pointer}/data")
        if len(named) != 1:
            raise BadDocument("Name exactly one profile to merge.", pointer=f"{pointer}/data")
        source_id = _profile_id(named[0], f"{pointer}/data/0/id")
        async with call.runtime.engine.begin() as conn:
            survivor_id = await people.merge_profiles(
                conn,
                account_id=call.account_id,
                source_id=source_id,
                destination_id=destination_id,
                listeners=listeners,
                now=call.now,
            )
        shown_id = ids.to_base32(survivor_id)
        links = {"self": f"{call.base}/api/{PROFILE.path}/{shown_id}"}
        document = {"data": {"type": PROFILE.name, "id": shown_id, "links": links}}
        return respond(document | {"links": links}, status=201)

    return merge


def _profile_id(value: object, pointer: str) -> UUID:
    identifier = ids.from_base32(value) if isinstance(value, str) else None
    if identifier is None:
        raise people.ProfileNotFound(pointer=pointer)
    return identifier
