"""The operations that subscribe, unsubscribe and suppress people."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from towpath import audiences, subscriptions
from towpath.kit import ids
from towpath.people import ConsentStatus
from towpath.subscriptions import SuppressionJobKind
from towpath.web.api.bodies import read_document
from towpath.web.api.description import Resource
from towpath.web.api.list_resources import SUPPRESSION_CREATE_JOB, SUPPRESSION_DELETE_JOB
from towpath.web.api.operations import Call
from towpath.web.api.subscription_bodies import read_subscription, read_suppression
from towpath.web.api.writing import write_and_show

SUBSCRIBE_JOB = "profile-subscription-bulk-create-job"
UNSUBSCRIBE_JOB = "profile-subscription-bulk-delete-job"
_LIST_ID = "/data/relationships/list/data/id"


async def subscribe(call: Call) -> Response:
    """Subscribe people; done when it is answered, but for what they have to confirm."""
    document = await read_document(call.request)
    body = read_subscription(document, SUBSCRIBE_JOB, ConsentStatus.SUBSCRIBED, now=call.now)
    try:
        async with call.runtime.engine.begin() as conn:
            await subscriptions.subscribe(
                conn,
                account_id=call.account_id,
                subscribers=body.subscribers,
                list_id=body.list_id,
                custom_source=body.custom_source,
                is_historical=body.is_historical,
                now=call.now,
            )
    except (audiences.ListNotFound, subscriptions.SmsNotConfirmable) as problem:
        raise problem.under(_LIST_ID) from None
    return Response(status_code=202)


async def unsubscribe(call: Call) -> Response:
    """Unsubscribe people; done when it is answered."""
    document = await read_document(call.request)
    body = read_subscription(document, UNSUBSCRIBE_JOB, ConsentStatus.UNSUBSCRIBED, now=call.now)
    try:
        async with call.runtime.engine.begin() as conn:
            await subscriptions.unsubscribe(
                conn,
                account_id=call.account_id,
                subscribers=body.subscribers,
                list_id=body.list_id,
                now=call.now,
            )
    except audiences.ListNotFound as problem:
        raise problem.under(_LIST_ID) from None
    return Response(status_code=202)


async def suppress(call: Call) -> Response:
    """Suppress people; answers with the finished job."""
    return await _run(call, SUPPRESSION_CREATE_JOB, SuppressionJobKind.SUPPRESS)


async def unsuppress(call: Call) -> Response:
    """End what `suppress` began; answers with the finished job."""
    return await _run(call, SUPPRESSION_DELETE_JOB, SuppressionJobKind.UNSUPPRESS)


async def _run(call: Call, resource: Resource, kind: SuppressionJobKind) -> Response:
    body = read_suppression(await read_document(call.request), resource.name)
    job_id = ids.new_id()

    async def write(conn: AsyncConnection) -> tuple[UUID, int]:
        if body.list_id is None:
            job = await subscriptions.suppress_emails(
                conn,
                account_id=call.account_id,
                kind=kind,
                emails=body.emails,
                job_id=job_id,
                now=call.now,
            )
        else:
            job = await subscriptions.suppress_list(
                conn,
                account_id=call.account_id,
                kind=kind,
                list_id=body.list_id,
                job_id=job_id,
                now=call.now,
            )
        return job.id, 202

    try:
        return await write_and_show(call, resource, write)
    except audiences.ListNotFound as problem:
        raise problem.under(_LIST_ID) from None
