"""The page of one person: who may read it, and where its address leads everybody else."""

import html
import re
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.application import Person, client_of, signed_in, with_key
from tests.conftest import NOW
from tests.web.reading import ANN, HTML, path_of, read, set_up
from towpath import accounts, people
from towpath.accounts import Role
from towpath.kit import ids

PASSWORD = "correct horse battery"


@pytest.mark.parametrize("role", Role)
async def test_every_role_may_read_it(
    app: FastAPI, engine: AsyncEngine, account_id: UUID, role: Role
) -> None:
    ann = await set_up(engine, account_id)
    async with signed_in(app, account_id, role) as person:
        assert ANN in await read(person, ann)


async def test_not_there_and_not_yours_are_one_answer(
    app: FastAPI, engine: AsyncEngine, account_id: UUID
) -> None:
    ann = await set_up(engine, account_id)
    other_account = ids.new_id()
    async with engine.begin() as conn:
        await accounts.create_account(
            conn, account_id=other_account, name="Other", timezone="UTC", now=NOW
        )
    async with signed_in(app, other_account, Role.OWNER) as stranger:
        answers = [
            await stranger.client.get(path, headers=HTML)
            for path in (path_of(ann), path_of(ids.new_id()), "/people/nobody")
        ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({answer.text for answer in answers}) == 1
    assert "There is nothing here, or it is not yours." in answers[0].text


async def test_somebody_merged_away_leads_to_whom_they_became(
    engine: AsyncEngine, account_id: UUID, analyst: Person
) -> None:
    ann = await set_up(engine, account_id)
    async with engine.begin() as conn:
        [other] = await people.upsert_profiles(
            conn,
            account_id=account_id,
            drafts=[people.ProfileDraft(email="old@mail.example")],
            now=NOW,
        )
        await people.merge_profiles(
            conn,
            account_id=account_id,
            source_id=other.profile_id,
            destination_id=ann,
            listeners=(),
            now=NOW,
        )
    response = await analyst.client.get(path_of(other.profile_id), headers=HTML)

    assert (response.status_code, response.headers["location"]) == (303, path_of(ann))


async def test_signing_in_leads_back_to_it(
    client: httpx.AsyncClient, engine: AsyncEngine, account_id: UUID
) -> None:
    ann = await set_up(engine, account_id)
    email = f"{ids.new_id().hex}@shop.example"
    password_hash = await accounts.hash_password(PASSWORD)
    async with engine.begin() as conn:
        user_id = ids.new_id()
        await accounts.create_user(
            conn, user_id=user_id, email=email, name="Bo", password_hash=password_hash, now=NOW
        )
        await accounts.add_membership(
            conn, account_id=account_id, user_id=user_id, role=Role.SUPPORT, now=NOW
        )
    sent_away = await client.get(path_of(ann), headers=HTML)
    form = await client.get(sent_away.headers["location"], headers=HTML)
    [target] = re.findall(r'name="next" value="([^"]*)"', form.text)
    signed = await client.post(
        "/sign-in", data={"email": email, "password": PASSWORD, "next": html.unescape(target)}
    )
    page = await client.get(signed.headers["location"], headers=HTML)

    assert sent_away.status_code == 303
    assert page.url.path == path_of(ann)
    assert f"<h1>{ANN}</h1>" in page.text


async def test_an_api_key_does_not_open_it(
    app: FastAPI, engine: AsyncEngine, account_id: UUID
) -> None:
    ann = await set_up(engine, account_id)
    async with with_key(app, account_id) as client:
        response = await client.get(path_of(ann))

    assert response.status_code == 403


async def test_a_stranger_without_a_session_sees_nothing(app: FastAPI) -> None:
    async with client_of(app) as client:
        response = await client.get(path_of(ids.new_id()))

    assert response.status_code == 401
