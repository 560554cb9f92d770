"""Lists and suppression jobs as resources of the API, and what lists and profiles lead to."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text, literal
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import audiences, subscriptions
from towpath.accounts import Permission
from towpath.subscriptions import SuppressionJobKind
from towpath.web.api.description import (
    Attribute,
    Kind,
    Relation,
    Resource,
    Sortable,
    column_attribute,
    filterable,
)
from towpath.web.api.filters import COMPARISONS, Operator
from towpath.web.api.people_resources import PROFILE
from towpath.web.api.rate_limits import Tier

PROFILE_COUNT: Final = "profile_count"
JOB_STATUS: Final = "complete"
"""Of every job that can be read: they are done when they are answered."""

_EXACT = frozenset({Operator.EQUALS, Operator.ANY})
_EQUAL = frozenset({Operator.EQUALS})
_list = audiences.list_table.c
_job = subscriptions.suppression_job_table.c
_member = audiences.LIST_MEMBERS.c
_joined = audiences.LISTS_OF_PROFILES.c


async def _list_extras(
    conn: AsyncConnection, account_id: UUID, ids: Collection[Any], wanted: Collection[str]
) -> Mapping[str, Mapping[Any, Any]]:
    if PROFILE_COUNT not in wanted:
        return {}
    return {PROFILE_COUNT: await audiences.member_counts(conn, account_id=account_id, list_ids=ids)}


LIST: Final = Resource(
    name="list",
    path="lists",
    table=audiences.list_table,
    id_kind=Kind.SHORT_ID,
    permission=Permission.PEOPLE_READ,
    not_found=audiences.ListNotFound,
    page_size=10,
    page_size_max=10,
    list_tier=Tier.L,
    one_tier=Tier.L,
    related_tier=Tier.L,
    where=(_list.deleted_at.is_(None),),
    extras=_list_extras,
    attributes={
        "name": column_attribute("name", Kind.TEXT, "What it is called."),
        "created": column_attribute("created_at", Kind.MOMENT, "When it was made."),
        "updated": column_attribute("updated_at", Kind.MOMENT, "When it last changed."),
        "opt_in_process": column_attribute(
            "opt_in_process",
            Kind.TEXT,
            "double_opt_in: who subscribes confirms it by a mail first; or single_opt_in.",
        ),
        PROFILE_COUNT: Attribute(
            kind=Kind.NUMBER,
            read=lambda _row, extras: extras.get(PROFILE_COUNT, 0),
            text="How many profiles are on it.",
            is_additional=True,
        ),
    },
    filters={
        "id": filterable(_list.id, Kind.SHORT_ID, _EXACT),
        "name": filterable(_list.name, Kind.TEXT, _EXACT),
        "created": filterable(_list.created_at, Kind.MOMENT, COMPARISONS),
        "updated": filterable(_list.updated_at, Kind.MOMENT, COMPARISONS),
    },
    sorts={
        "id": Sortable(column=_list.id, kind=Kind.SHORT_ID),
        "name": Sortable(column=_list.name, kind=Kind.TEXT),
        "created": Sortable(column=_list.created_at, kind=Kind.MOMENT),
        "updated": Sortable(column=_list.updated_at, kind=Kind.MOMENT),
    },
    relations={"profiles": Relation(target="profile", column=_member.list_id, is_many=True)},
)

LIST_MEMBER: Final = replace(
    PROFILE,
    table=audiences.LIST_MEMBERS,
    where=(_member.merged_into.is_(None),),
    attributes={
        **PROFILE.attributes,
        "joined_group_at": column_attribute("joined_at", Kind.MOMENT, "When they joined the list."),
    },
    filters={
        "email": filterable(_member.email, Kind.EMAIL, _EXACT),
        "phone_number": filterable(_member.phone_number, Kind.PHONE_NUMBER, _EXACT),
        "joined_group_at": filterable(_member.joined_at, Kind.MOMENT, COMPARISONS),
    },
    sorts={
        "id": Sortable(column=_member.id, kind=Kind.LONG_ID),
        "joined_group_at": Sortable(column=_member.joined_at, kind=Kind.MOMENT),
    },
    default_sort="-joined_group_at",
    relations={},
)
"""A profile as seen from a list it is on."""

LIST_OF_PROFILE: Final = replace(
    LIST,
    table=audiences.LISTS_OF_PROFILES,
    where=(_joined.deleted_at.is_(None),),
    filters={},
    sorts={"id": Sortable(column=_joined.id, kind=Kind.SHORT_ID)},
    relations={},
)
"""A list as seen from a profile that is on it."""


def _jobs(kind: SuppressionJobKind, name: str) -> Resource:
    return Resource(
        name=name,
        path=f"{name}s",
        table=subscriptions.suppression_job_table,
        id_kind=Kind.LONG_ID,
        permission=Permission.PEOPLE_READ,
        not_found=subscriptions.SuppressionJobNotFound,
        page_size=20,
        page_size_max=100,
        list_tier=Tier.L,
        one_tier=Tier.L,
        related_tier=Tier.L,
        where=(_job.kind == kind,),
        attributes={
            "status": Attribute(
                kind=Kind.TEXT,
                read=lambda _row, _extras: JOB_STATUS,
                text="Always complete: a job is done when it is answered.",
            ),
            "created_at": column_attribute("created_at", Kind.MOMENT, "When it was made."),
            "completed_at": column_attribute("completed_at", Kind.MOMENT, "When it was done."),
            "total_count": column_attribute("total_count", Kind.NUMBER, "People it named."),
            "completed_count": column_attribute(
                "completed_count", Kind.NUMBER, "People it changed."
            ),
            "skipped_count": column_attribute(
                "skipped_count", Kind.NUMBER, "People who were so already."
            ),
        },
        filters={"status": filterable(literal(JOB_STATUS, Text()), Kind.TEXT, _EQUAL)},
        sorts={
            "id": Sortable(column=_job.id, kind=Kind.LONG_ID),
            "created_at": Sortable(column=_job.created_at, kind=Kind.MOMENT),
        },
    )


SUPPRESSION_CREATE_JOB: Final = _jobs(
    SuppressionJobKind.SUPPRESS, "profile-suppression-bulk-create-job"
)
SUPPRESSION_DELETE_JOB: Final = _jobs(
    SuppressionJobKind.UNSUPPRESS, "profile-suppression-bulk-delete-job"
)
