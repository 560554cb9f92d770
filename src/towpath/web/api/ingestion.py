"""The two operations that events come in by. They are on the hot path: no framework in between."""

from starlette.responses import Response

from towpath import people
from towpath.web.api.batching import record_durably
from towpath.web.api.bodies import read_bulk_events, read_document, read_event
from towpath.web.api.operations import Call


async def create_event(call: Call) -> Response:
    """Record one event and its person; answered when it is durable."""
    draft = read_event(await read_document(call.request), now=call.now)
    try:
        await call.batcher.record(account_id=call.account_id, draft=draft)
    except people.ProfileNotFound as problem:
        pointer = "/data/attributes/profile/data/id"
        raise people.ProfileNotFound(problem.detail, pointer=pointer) from None
    return Response(status_code=202)


async def bulk_create_events(call: Call) -> Response:
    """Record up to 1,000 events in one transaction; answered when all are durable."""
    drafts = read_bulk_events(await read_document(call.request), now=call.now)
    await record_durably(
        call.runtime.engine, account_id=call.account_id, drafts=drafts, now=call.now
    )
    return Response(status_code=202)
