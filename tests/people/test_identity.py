"""Who is meant: matching, adding identifiers, conflicts, and what null does."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import people
from towpath.kit import ids
from towpath.people.tables import identity_conflict

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


async def upsert(
    conn: AsyncConnection, account_id: UUID, *drafts: people.ProfileDraft, now: datetime = NOW
) -> list[people.UpsertedProfile]:
    return await people.upsert_profiles(conn, account_id=account_id, drafts=drafts, now=now)


async def stored(conn: AsyncConnection, account_id: UUID, profile_id: UUID) -> people.Profile:
    return await people.get_profile(conn, account_id=account_id, profile_id=profile_id)


async def conflicts(conn: AsyncConnection, account_id: UUID) -> list[tuple[Any, ...]]:
    table = identity_conflict.c
    rows = await conn.execute(
        select(table.profile_id, table.owner_profile_id, table.kind, table.value).where(
            table.account_id == account_id
        )
    )
    return [tuple(row) for row in rows]


def draft(**values: Any) -> people.ProfileDraft:
    return people.ProfileDraft(**values)


async def test_the_strongest_identifier_decides(conn: AsyncConnection, account_id: UUID) -> None:
    [by_phone, by_email, by_external_id] = await upsert(
        conn,
        account_id,
        draft(phone_number="+4915123456789"),
        draft(email="a@example.test"),
        draft(external_id="c-1"),
    )
    everything = {
        "phone_number": "+4915123456789",
        "email": "a@example.test",
        "external_id": "c-1",
    }
    for values, expected in (
        ({"id": by_phone.profile_id, **everything}, by_phone),
        (everything, by_external_id),
        ({**everything, "external_id": None}, by_email),
        ({"phone_number": "+4915123456789"}, by_phone),
    ):
        [found] = await upsert(conn, account_id, draft(**values))

        assert (found.profile_id, found.is_created) == (expected.profile_id, False)


async def test_identifiers_nobody_owns_go_to_the_matched_profile(
    conn: AsyncConnection, account_id: UUID
) -> None:
    [made] = await upsert(conn, account_id, draft(email="a@example.test"))
    await upsert(
        conn,
        account_id,
        draft(email="a@example.test", external_id="c-1", phone_number="+4915123456789"),
    )

    profile = await stored(conn, account_id, made.profile_id)
    assert (profile.external_id, profile.phone_number) == ("c-1", "+4915123456789")


async def test_an_owned_identifier_stays_and_the_conflict_is_noted_once(
    conn: AsyncConnection, account_id: UUID
) -> None:
    [ada, bob] = await upsert(
        conn, account_id, draft(external_id="c-1"), draft(email="bob@example.test")
    )
    for _ in range(2):
        [found] = await upsert(conn, account_id, draft(external_id="c-1", email="bob@example.test"))
        assert found.profile_id == ada.profile_id

    assert (await stored(conn, account_id, bob.profile_id)).email == "bob@example.test"
    assert (await stored(conn, account_id, ada.profile_id)).email is None
    assert await conflicts(conn, account_id) == [
        (ada.profile_id, bob.profile_id, "email", "bob@example.test")
    ]


async def test_several_drafts_about_one_new_person_make_one_profile(
    conn: AsyncConnection, account_id: UUID
) -> None:
    placed = await upsert(
        conn,
        account_id,
        draft(email="a@example.test", properties={"n": 1}),
        draft(email="a@example.test", external_id="c-1"),
        draft(external_id="c-1", properties={"m": 2}),
    )

    assert len({one.profile_id for one in placed}) == 1
    assert [one.is_created for one in placed] == [True, False, False]
    profile = await stored(conn, account_id, placed[0].profile_id)
    assert profile.properties == {"n": 1, "m": 2}


async def test_an_identifier_that_changes_hands_within_a_batch(
    conn: AsyncConnection, account_id: UUID
) -> None:
    [ada, bob] = await upsert(
        conn,
        account_id,
        draft(external_id="ada", email="1@example.test"),
        draft(external_id="bob", email="2@example.test"),
    )
    await upsert(
        conn,
        account_id,
        draft(external_id="ada", email="3@example.test"),
        draft(external_id="bob", email="1@example.test"),
        draft(external_id="ada", email="2@example.test"),
        draft(email="3@example.test"),
    )

    assert (await stored(conn, account_id, ada.profile_id)).email == "2@example.test"
    assert (await stored(conn, account_id, bob.profile_id)).email == "1@example.test"
    assert await conflicts(conn, account_id) == []


async def test_null_clears_and_missing_leaves(conn: AsyncConnection, account_id: UUID) -> None:
    values = {
        "email": "a@example.test",
        "external_id": "c-1",
        "first_name": "Ada",
        "last_name": "L",
        "location": {"city": "Oslo", "zip": "1"},
        "properties": {"a": 1, "b": 2},
    }
    [made] = await upsert(conn, account_id, people.profile_draft(values))
    cleared = people.profile_draft(
        {
            "external_id": None,
            "first_name": None,
            "location": {"city": None},
            "properties": {"a": None, "c": 3},
        },
        profile_id=made.profile_id,
        null_clears_identifiers=True,
    )
    await people.update_profile(conn, account_id=account_id, draft=cleared, now=LATER)

    profile = await stored(conn, account_id, made.profile_id)
    assert (profile.email, profile.external_id) == ("a@example.test", None)
    assert (profile.first_name, profile.last_name) == (None, "L")
    assert (profile.location, profile.properties) == ({"zip": "1"}, {"b": 2, "c": 3})


async def test_properties_are_appended_once_unappended_and_unset(
    conn: AsyncConnection, account_id: UUID
) -> None:
    [made] = await upsert(
        conn, account_id, draft(email="a@example.test", properties={"tags": "x", "gone": 1})
    )
    patch = {"append": {"tags": ["y", "x"], "new": 1}, "unappend": {"tags": "x"}, "unset": "gone"}
    for _ in range(2):
        await upsert(
            conn, account_id, people.profile_draft({"email": "a@example.test"}, patch=patch)
        )

    profile = await stored(conn, account_id, made.profile_id)
    assert profile.properties == {"tags": ["y"], "new": [1]}


async def test_a_profile_that_would_not_change_is_not_written(
    conn: AsyncConnection, account_id: UUID
) -> None:
    same = draft(
        email="a@example.test",
        attributes={"first_name": "Ada"},
        location={"city": "Oslo"},
        properties={"n": 1, "tags": ["x"]},
    )
    [made] = await upsert(conn, account_id, same)
    await upsert(conn, account_id, same, now=LATER)
    before = await stored(conn, account_id, made.profile_id)
    await upsert(conn, account_id, draft(email="a@example.test", properties={"n": True}), now=LATER)
    after = await stored(conn, account_id, made.profile_id)

    assert before.updated_at == NOW
    assert (after.updated_at, after.properties["n"]) == (LATER, True)


async def test_a_timezone_that_only_one_side_knows_stays_in_the_location(
    conn: AsyncConnection, account_id: UUID
) -> None:
    for given, expected in (
        ("Europe/Oslo", "Europe/Oslo"),
        ("Mars/Base", None),
        ("europe/oslo", None),
        ("EST5EDT4", None),
    ):
        [made] = await upsert(
            conn, account_id, draft(email="a@example.test", location={"timezone": given})
        )
        profile = await stored(conn, account_id, made.profile_id)

        assert (profile.timezone, profile.location["timezone"]) == (expected, given)


async def test_creating_a_profile_twice_names_the_first(
    conn: AsyncConnection, account_id: UUID
) -> None:
    made = await people.create_profile(
        conn, account_id=account_id, draft=draft(email="a@example.test"), now=NOW
    )
    with pytest.raises(people.DuplicateProfile) as refused:
        await people.create_profile(
            conn,
            account_id=account_id,
            draft=draft(email="a@example.test", external_id="c-1"),
            now=NOW,
        )

    assert refused.value.meta == {"duplicate_profile_id": ids.to_base32(made)}


async def test_updating_to_somebody_elses_identifier_is_refused(
    conn: AsyncConnection, account_id: UUID
) -> None:
    [ada, _] = await upsert(
        conn, account_id, draft(email="a@example.test"), draft(email="b@example.test")
    )
    with pytest.raises(people.DuplicateProfile):
        await people.update_profile(
            conn,
            account_id=account_id,
            draft=draft(id=ada.profile_id, email="b@example.test"),
            now=NOW,
        )


async def test_an_unknown_id_and_no_name_at_all_are_refused(
    conn: AsyncConnection, account_id: UUID
) -> None:
    with pytest.raises(people.ProfileNotFound):
        await upsert(conn, account_id, draft(id=ids.new_id()))
    with pytest.raises(people.InvalidProfile):
        await upsert(conn, account_id, draft(properties={"n": 1}))


async def test_consent_keeps_the_latest_word(conn: AsyncConnection, account_id: UUID) -> None:
    [made] = await upsert(conn, account_id, draft(email="a@example.test"))

    def said(status: people.ConsentStatus, at: datetime) -> people.Consent:
        return people.Consent(
            profile_id=made.profile_id,
            channel=people.Channel.EMAIL,
            status=status,
            method="form",
            consented_at=at,
        )

    for word in (
        said(people.ConsentStatus.UNSUBSCRIBED, LATER),
        said(people.ConsentStatus.SUBSCRIBED, NOW),
    ):
        await people.set_consent(conn, account_id=account_id, consents=[word], now=LATER)

    found = await people.consents_of(conn, account_id=account_id, profile_ids=[made.profile_id])
    assert found[made.profile_id] == {
        people.Channel.EMAIL: said(people.ConsentStatus.UNSUBSCRIBED, LATER)
    }
