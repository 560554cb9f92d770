"""Members of an account: invited, given roles, removed; and an owner always remains."""

import pytest
from fastapi import FastAPI

from tests.accounts.conftest import PASSWORD
from tests.application import Clock, Person, client_of, signed_in, token_in
from towpath.accounts import Role
from towpath.kit import ids


async def invite(person: Person, role: str = "support", email: str = "") -> dict[str, str]:
    address = email or f"{ids.new_id().hex}@shop.example"
    response = await person.client.post(
        "/v1/users", json={"email": address, "name": "Linus", "role": role}
    )
    assert response.status_code == 201, response.text
    return {"email": address, **response.json()}


async def test_an_invited_person_sets_a_password_and_is_in(app: FastAPI, owner: Person) -> None:
    invited = await invite(owner)

    async with client_of(app) as client:
        token = token_in(invited["link"])
        assert "<form" in (await client.get("/invitation", params={"token": token})).text
        bad = await client.post("/invitation", data={"token": token, "password": "short"})
        good = await client.post("/invitation", data={"token": token, "password": PASSWORD})
        again = await client.post("/invitation", data={"token": token, "password": PASSWORD})

        assert (bad.status_code, good.status_code, again.status_code) == (400, 303, 404)
        me = (await client.get("/v1/me")).json()
        assert (me["label"], me["role"]) == (invited["email"], "support")


async def test_an_invitation_expires(app: FastAPI, owner: Person, clock: Clock) -> None:
    invited = await invite(owner)
    clock.move(days=7)

    async with client_of(app) as client:
        form = {"token": token_in(invited["link"]), "password": PASSWORD}
        assert (await client.post("/invitation", data=form)).status_code == 404


async def test_an_address_that_has_a_user_cannot_be_invited_into_a_second_account(
    owner: Person, stranger: Person
) -> None:
    invited = await invite(owner)

    response = await stranger.client.post(
        "/v1/users", json={"email": invited["email"].upper(), "name": "L", "role": "admin"}
    )

    assert response.status_code == 409
    assert response.json()["errors"][0]["code"] == "email_taken"


async def test_members_are_listed_for_their_account_only(owner: Person, stranger: Person) -> None:
    invited = await invite(owner)

    mine = (await owner.client.get("/v1/users")).json()["items"]
    theirs = (await stranger.client.get("/v1/users")).json()["items"]

    assert {member["email"] for member in mine} == {owner.email, invited["email"]}
    assert [member["email"] for member in theirs] == [stranger.email]


async def test_a_new_role_counts_from_the_next_request(owner: Person, admin: Person) -> None:
    assert (await admin.client.get("/v1/users")).status_code == 200

    response = await owner.client.patch(
        f"/v1/users/{ids.to_base32(admin.user_id)}", json={"role": "analyst"}
    )

    assert response.status_code == 204
    assert (await admin.client.get("/v1/users")).status_code == 403


async def test_a_removed_member_is_out_at_once_and_their_address_is_free(
    owner: Person, admin: Person
) -> None:
    response = await owner.client.delete(f"/v1/users/{ids.to_base32(admin.user_id)}")

    assert response.status_code == 204
    assert (await admin.client.get("/v1/me")).status_code == 401
    await invite(owner, email=admin.email)


async def test_an_account_keeps_its_last_owner(owner: Person) -> None:
    path = f"/v1/users/{ids.to_base32(owner.user_id)}"

    demoted = await owner.client.patch(path, json={"role": "admin"})
    removed = await owner.client.delete(path)

    assert demoted.status_code == removed.status_code == 409
    assert demoted.json()["errors"][0]["code"] == "last_owner"


async def test_of_two_owners_one_may_go(app: FastAPI, owner: Person) -> None:
    async with signed_in(app, owner.account_id, Role.OWNER) as second:
        path = f"/v1/users/{ids.to_base32(second.user_id)}"

        assert (await owner.client.delete(path)).status_code == 204


async def test_an_admin_can_neither_make_nor_touch_an_owner(owner: Person, admin: Person) -> None:
    owners_path = f"/v1/users/{ids.to_base32(owner.user_id)}"
    own_path = f"/v1/users/{ids.to_base32(admin.user_id)}"

    answers = [
        await admin.client.patch(owners_path, json={"role": "analyst"}),
        await admin.client.delete(owners_path),
        await admin.client.patch(own_path, json={"role": "owner"}),
        await admin.client.post(
            "/v1/users", json={"email": "new@shop.example", "name": "N", "role": "owner"}
        ),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert {answer.json()["errors"][0]["code"] for answer in answers} == {"owners_only"}


async def test_a_member_of_another_account_answers_like_one_that_does_not_exist(
    owner: Person, stranger: Person
) -> None:
    path = f"/v1/users/{ids.to_base32(owner.user_id)}"
    unknown = f"/v1/users/{ids.to_base32(ids.new_id())}"

    for method, body in (("PATCH", {"role": "analyst"}), ("DELETE", None)):
        theirs = await stranger.client.request(method, path, json=body)
        nobody = await stranger.client.request(method, unknown, json=body)

        assert theirs.status_code == nobody.status_code == 404
        assert theirs.json()["errors"][0]["detail"] == nobody.json()["errors"][0]["detail"]
    assert (await owner.client.get("/v1/me")).json()["role"] == "owner"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"email": "nobody", "name": "L", "role": "admin"}, "/email"),
        ({"email": "a@b.example\nBcc: c@d.example", "name": "L", "role": "admin"}, "/email"),
        ({"email": "a@b.example", "name": "L\r\nX: y", "role": "admin"}, "/name"),
        ({"email": "a@b.example", "name": "L", "role": "king"}, "/role"),
        ({"email": ["a@b.example"], "name": "L", "role": "admin"}, "/email"),
    ],
)
async def test_a_bad_invitation_names_its_field(
    owner: Person, body: dict[str, object], pointer: str
) -> None:
    response = await owner.client.post("/v1/users", json=body)

    assert response.status_code == 400
    assert response.json()["errors"][0]["source"] == {"pointer": pointer}
