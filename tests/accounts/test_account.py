"""The account itself, its settings and its audit trail."""

from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tests.application import Clock, Person
from tests.conftest import NOW
from towpath import accounts

HOSTILE = [
    "'; DROP TABLE account; --",
    '"); DELETE FROM "user"; --',
    "Robert'); INSERT INTO membership VALUES (1);--",
    "%(account_id)s :name $1 {0} %s",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}{% include 'x' %}",
]


async def test_an_owner_changes_name_timezone_and_language(owner: Person) -> None:
    response = await owner.client.patch(
        "/v1/account", json={"name": "Corner shop", "timezone": "America/Bogota", "locale": "es"}
    )

    assert response.status_code == 204
    account = (await owner.client.get("/v1/account")).json()
    assert (account["name"], account["timezone"], account["locale"]) == (
        "Corner shop",
        "America/Bogota",
        "es",
    )


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "a\r\nBcc: b@c.example"}, "/name"),
        ({"name": "a\u2028b"}, "/name"),
        ({"name": 3}, "/name"),
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({"timezone": "localtime\x7f"}, "/timezone"),
        ({"locale": "xx"}, "/locale"),
        ({"name": "a\x00b"}, "/name"),
    ],
)
async def test_a_bad_change_names_its_field_and_changes_nothing(
    owner: Person, change: dict[str, object], pointer: str
) -> None:
    response = await owner.client.patch("/v1/account", json={"name": "New", **change})

    assert response.status_code == 400
    assert response.json()["errors"][0]["source"] == {"pointer": pointer}
    assert (await owner.client.get("/v1/account")).json()["name"] == "Shop"


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_kept_as_text_and_shown_escaped(owner: Person, text: str) -> None:
    await owner.client.patch("/v1/account", json={"name": text})
    await owner.client.patch("/v1/account/settings", json={"sender_label": text})
    await owner.client.patch("/v1/me", json={"name": text})

    assert (await owner.client.get("/v1/account")).json()["name"] == text
    assert (await owner.client.get("/v1/me")).json()["name"] == text
    settings = (await owner.client.get("/v1/account/settings")).json()
    assert settings["sender_label"] == text
    assert "<script>alert" not in (await owner.client.get("/")).text


async def test_settings_have_defaults_and_return_to_them(owner: Person) -> None:
    before = (await owner.client.get("/v1/account/settings")).json()
    change = {"email_limit_monthly": 500, "sender_email": "Shop@Shop.example"}
    assert (await owner.client.patch("/v1/account/settings", json=change)).status_code == 204
    after = (await owner.client.get("/v1/account/settings")).json()
    await owner.client.patch("/v1/account/settings", json={"email_limit_monthly": None})
    reset = (await owner.client.get("/v1/account/settings")).json()

    assert before == {"email_limit_monthly": None, "sender_email": None, "sender_label": None}
    assert after == {**before, "email_limit_monthly": 500, "sender_email": "shop@shop.example"}
    assert reset == {**after, "email_limit_monthly": None}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email_limit_monthly": -1}, "/email_limit_monthly"),
        ({"email_limit_monthly": True}, "/email_limit_monthly"),
        ({"email_limit_monthly": "5"}, "/email_limit_monthly"),
        ({"email_limit_monthly": 10**12}, "/email_limit_monthly"),
        ({"sender_email": "shop"}, "/sender_email"),
        ({"sender_email": 5}, "/sender_email"),
        ({"sender_label": "a\nb"}, "/sender_label"),
        ({"no/such~one": 1}, "/no~1such~0one"),
    ],
)
async def test_a_bad_setting_is_named_and_none_is_changed(
    owner: Person, change: dict[str, object], pointer: str
) -> None:
    response = await owner.client.patch(
        "/v1/account/settings", json={"sender_label": "New", **change}
    )

    assert response.status_code == 400
    assert response.json()["errors"][0]["source"] == {"pointer": pointer}
    assert (await owner.client.get("/v1/account/settings")).json()["sender_label"] is None


async def test_an_admin_sets_the_sender_but_not_the_limit(admin: Person) -> None:
    sender = await admin.client.patch("/v1/account/settings", json={"sender_label": "Shop"})
    limit = await admin.client.patch("/v1/account/settings", json={"email_limit_monthly": 1})

    assert (sender.status_code, limit.status_code) == (204, 403)


async def test_settings_of_one_account_are_not_those_of_another(
    owner: Person, stranger: Person
) -> None:
    await owner.client.patch("/v1/account/settings", json={"sender_label": "Mine"})

    settings = (await stranger.client.get("/v1/account/settings")).json()
    assert settings["sender_label"] is None


async def test_the_audit_trail_says_who_changed_what_and_pages_backwards(
    owner: Person, stranger: Person, clock: Clock
) -> None:
    for number in range(5):
        clock.move(minutes=1)
        await owner.client.patch("/v1/account", json={"name": f"Shop {number}"})

    seen, cursor = [], ""
    while cursor is not None:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await owner.client.get("/v1/audit-entries", params=query)).json()
        assert len(page["items"]) <= 2
        seen += page["items"]
        cursor = page["next_cursor"]

    changes = [entry for entry in seen if entry["action"] == "account.changed"]
    assert [entry["detail"]["name"] for entry in changes] == [
        f"Shop {number}" for number in (4, 3, 2, 1, 0)
    ]
    assert {entry["actor_label"] for entry in changes} == {owner.email}
    theirs = (await stranger.client.get("/v1/audit-entries")).json()["items"]
    assert not [entry for entry in theirs if entry["action"] == "account.changed"]


async def test_accounts_are_listed_oldest_first(own_engine: AsyncEngine, clock: Clock) -> None:
    async with own_engine.begin() as conn:
        for number in (1, 2):
            await accounts.create_account(
                conn,
                account_id=UUID(int=number),
                name=f"Shop {number}",
                timezone="UTC",
                now=clock(),
            )
            clock.move(minutes=-1)

        assert [one.name for one in await accounts.list_accounts(conn)] == ["Shop 2", "Shop 1"]


async def test_an_account_needs_a_name_and_a_known_timezone(conn: AsyncConnection) -> None:
    with pytest.raises(accounts.BadName):
        await accounts.create_account(
            conn, account_id=UUID(int=1), name=" ", timezone="UTC", now=NOW
        )
    with pytest.raises(accounts.BadTimezone):
        await accounts.create_account(
            conn, account_id=UUID(int=1), name="Shop", timezone="Nowhere", now=NOW
        )
