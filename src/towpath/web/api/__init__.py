"""The API that is compatible with the Klaviyo API: everything below `/api`.

`resources` describes what there is; lists, filters, cursors, sparse fieldsets, relationships and
the OpenAPI document come from the descriptions. `install` puts it into the application.
"""

from collections.abc import Sequence
from typing import Any, Final

from fastapi import FastAPI

from towpath import people
from towpath.accounts import Permission
from towpath.web.api import ingestion, profile_writes, schemas
from towpath.web.api.flow_operations import FLOW_OPERATIONS
from towpath.web.api.list_operations import LIST_OPERATIONS
from towpath.web.api.openapi import openapi_paths
from towpath.web.api.operations import Operation, by_address
from towpath.web.api.people_resources import PROFILE
from towpath.web.api.rate_limits import Tier
from towpath.web.api.resource_reads import read_operations
from towpath.web.api.resources import RESOURCES
from towpath.web.api.routing import ApiRoute
from towpath.web.api.template_operations import TEMPLATE_OPERATIONS

__all__ = ["install", "operations"]

_WRITE: Final = Permission.PEOPLE_EDIT


def operations(merge_listeners: Sequence[people.MergeListener] = ()) -> list[Operation]:
    """Return every operation of the API.

    `merge_listeners` are what features above people do when two profiles become one.
    """
    reads = [each for resource in RESOURCES.values() for each in read_operations(resource)]
    return [
        *_event_writes(),
        *_profile_writes(merge_listeners),
        *LIST_OPERATIONS,
        *FLOW_OPERATIONS,
        *TEMPLATE_OPERATIONS,
        *reads,
    ]


def install(app: FastAPI, *, merge_listeners: Sequence[people.MergeListener] = ()) -> None:
    """Let `app` answer below `/api`, before any other route is looked at, and describe it."""
    known = operations(merge_listeners)
    app.router.routes.insert(0, ApiRoute(by_address(iter(known))))
    describe_own = app.openapi

    def describe() -> dict[str, Any]:
        document = describe_own()
        document["paths"].update(openapi_paths(known))
        return document

    app.openapi = describe  # type: ignore[method-assign] # the framework's documented way


def _event_writes() -> list[Operation]:
    return [
        Operation(
            method="POST",
            path="events",
            name="create_event",
            summary="Record one event",
            handler=ingestion.create_event,
            permission=_WRITE,
            tier=Tier.XL,
            status=202,
            body=schemas.EVENT_BODY,
        ),
        Operation(
            method="POST",
            path="event-bulk-create-jobs",
            name="bulk_create_events",
            summary="Record up to 1,000 events",
            handler=ingestion.bulk_create_events,
            permission=_WRITE,
            tier=Tier.M,
            status=202,
            body=schemas.BULK_EVENTS_BODY,
        ),
    ]


def _profile_writes(merge_listeners: Sequence[people.MergeListener]) -> list[Operation]:
    return [
        Operation(
            method="POST",
            path="profiles",
            name="create_profile",
            summary="Make a profile",
            handler=profile_writes.create_profile,
            permission=_WRITE,
            tier=Tier.L,
            status=201,
            resource=PROFILE,
            body=schemas.PROFILE_BODY,
        ),
        Operation(
            method="PATCH",
            path="profiles/{id}",
            name="update_profile",
            summary="Change a profile",
            handler=profile_writes.update_profile,
            permission=_WRITE,
            tier=Tier.L,
            resource=PROFILE,
            body=schemas.PROFILE_PATCH_BODY,
        ),
        Operation(
            method="POST",
            path="profile-import",
            name="create_or_update_profile",
            summary="Make or change a profile",
            handler=profile_writes.import_profile,
            permission=_WRITE,
            tier=Tier.L,
            resource=PROFILE,
            body=schemas.PROFILE_BODY,
        ),
        Operation(
            method="POST",
            path="profile-merge",
            name="merge_profiles",
            summary="Merge one profile into another",
            handler=profile_writes.merge_profiles(tuple(merge_listeners)),
            permission=_WRITE,
            tier=Tier.M,
            status=201,
            body=schemas.MERGE_BODY,
        ),
    ]
