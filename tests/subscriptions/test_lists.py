"""Lists, who is on them, and what becomes of both when people are merged."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import NOW
from tests.subscriptions.people_of import (
    ADA,
    BOB,
    email_consent,
    made_list,
    members,
    merge,
    person,
    reasons,
)
from towpath import audiences, people
from towpath.audiences import SuppressionReason
from towpath.kit import ids

LATER = NOW + timedelta(hours=1)


async def test_an_import_keeps_the_id_of_a_list_and_takes_it_once(
    conn: AsyncConnection, account_id: UUID
) -> None:
    made = await made_list(conn, account_id, list_id="XyZ123")

    assert made.id == "XyZ123"
    with pytest.raises(audiences.ListIdTaken):
        await made_list(conn, account_id, list_id="XyZ123")


@pytest.mark.parametrize("list_id", ["", "a b", "ä", "x" * 65, "a/b", "a\x00"])
async def test_an_id_that_cannot_stand_in_an_address_is_refused(
    conn: AsyncConnection, account_id: UUID, list_id: str
) -> None:
    with pytest.raises(audiences.InvalidList):
        await made_list(conn, account_id, list_id=list_id)


async def test_joining_twice_keeps_the_first_moment_and_changes_no_consent(
    conn: AsyncConnection, account_id: UUID
) -> None:
    ada, bob = await person(conn, account_id), await person(conn, account_id, BOB)
    newsletter = await made_list(conn, account_id)

    first = await _add(conn, account_id, newsletter.id, ada)
    again = await audiences.add_to_list(
        conn,
        account_id=account_id,
        list_id=newsletter.id,
        profile_ids=[bob, ada, ada],
        method="api",
        now=LATER,
    )

    assert (first, again) == ([ada], [bob])
    assert await members(conn, account_id, newsletter.id) == [(ada, NOW), (bob, LATER)]
    assert await email_consent(conn, account_id, ada) is None


async def test_leaving_twice_is_leaving_once(conn: AsyncConnection, account_id: UUID) -> None:
    ada = await person(conn, account_id)
    newsletter = await made_list(conn, account_id)
    await _add(conn, account_id, newsletter.id, ada)

    left = [
        await audiences.remove_from_list(
            conn, account_id=account_id, list_id=newsletter.id, profile_ids=[ada], now=NOW
        )
        for _ in range(2)
    ]

    assert left == [[ada], []]


async def test_a_deleted_list_is_gone_with_its_memberships_and_its_id_stays_taken(
    conn: AsyncConnection, account_id: UUID
) -> None:
    ada = await person(conn, account_id)
    newsletter = await made_list(conn, account_id)
    await _add(conn, account_id, newsletter.id, ada)

    await audiences.delete_list(conn, account_id=account_id, list_id=newsletter.id, now=NOW)

    assert await members(conn, account_id, newsletter.id) == []
    with pytest.raises(audiences.ListNotFound):
        await audiences.get_list(conn, account_id=account_id, list_id=newsletter.id)
    with pytest.raises(audiences.ListNotFound):
        await _add(conn, account_id, newsletter.id, ada)
    with pytest.raises(audiences.ListNotFound):
        await audiences.delete_list(conn, account_id=account_id, list_id=newsletter.id, now=NOW)
    with pytest.raises(audiences.ListIdTaken):
        await made_list(conn, account_id, list_id=newsletter.id)


async def test_an_unknown_profile_puts_nobody_on_the_list(
    conn: AsyncConnection, account_id: UUID
) -> None:
    ada = await person(conn, account_id)
    newsletter = await made_list(conn, account_id)

    with pytest.raises(people.ProfileNotFound):
        await _add(conn, account_id, newsletter.id, ada, ids.new_id())

    assert await members(conn, account_id, newsletter.id) == []


async def test_the_survivor_of_a_merge_is_on_every_list_since_the_earliest_moment(
    conn: AsyncConnection, account_id: UUID
) -> None:
    ada, bob = await person(conn, account_id), await person(conn, account_id, BOB)
    both = await made_list(conn, account_id)
    only_bob = await made_list(conn, account_id)
    await _add(conn, account_id, both.id, bob)
    await _add(conn, account_id, only_bob.id, bob)
    await audiences.add_to_list(
        conn,
        account_id=account_id,
        list_id=both.id,
        profile_ids=[ada],
        method="api",
        now=LATER,
    )

    await merge(conn, account_id, bob, ada)
    await merge(conn, account_id, bob, ada)

    assert await members(conn, account_id, both.id) == [(ada, NOW)]
    assert await members(conn, account_id, only_bob.id) == [(ada, NOW)]
    assert await _add(conn, account_id, both.id, bob) == []


async def test_the_survivor_of_a_merge_keeps_every_suppression(
    conn: AsyncConnection, account_id: UUID
) -> None:
    ada, bob = await person(conn, account_id), await person(conn, account_id, BOB)
    for profile_id, reason, now in (
        (ada, SuppressionReason.HARD_BOUNCE, LATER),
        (bob, SuppressionReason.HARD_BOUNCE, NOW),
        (bob, SuppressionReason.SPAM_COMPLAINT, NOW),
    ):
        await audiences.suppress(
            conn, account_id=account_id, profile_ids=[profile_id], reason=reason, now=now
        )

    await merge(conn, account_id, bob, ada)

    found = await audiences.suppressions_of(conn, account_id=account_id, profile_ids=[ada, bob])
    assert [(one.reason, one.at) for one in found[ada]] == [
        (SuppressionReason.HARD_BOUNCE, NOW),
        (SuppressionReason.SPAM_COMPLAINT, NOW),
    ]
    assert found[bob] == ()


async def test_suppressing_twice_keeps_the_first_moment(
    conn: AsyncConnection, account_id: UUID
) -> None:
    ada = await person(conn, account_id, ADA)

    changed = [
        await audiences.suppress(
            conn,
            account_id=account_id,
            profile_ids=[ada],
            reason=SuppressionReason.INVALID_EMAIL,
            now=now,
        )
        for now in (NOW, LATER)
    ]

    found = await audiences.suppressions_of(conn, account_id=account_id, profile_ids=[ada])
    assert changed == [[ada], []]
    assert [one.at for one in found[ada]] == [NOW]
    assert await reasons(conn, account_id, ada) == ["INVALID_EMAIL"]


async def _add(
    conn: AsyncConnection, account_id: UUID, list_id: str, *profile_ids: UUID
) -> list[UUID]:
    return await audiences.add_to_list(
        conn,
        account_id=account_id,
        list_id=list_id,
        profile_ids=profile_ids,
        method="api",
        now=NOW,
    )
