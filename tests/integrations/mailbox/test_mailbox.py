"""The mailbox: every mail is captured once, kept within limits, and shown to owners alone."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.application import Person, make_runtime, signed_in, with_key
from tests.messaging.outbox import new_account
from towpath.accounts import Role
from towpath.integrations import mailbox
from towpath.kit import ids
from towpath.kit.config import Settings
from towpath.messaging import Mail, Sent
from towpath.web import create_app

DATE = datetime(1997, 3, 1, 9, 30, tzinfo=UTC)


async def capture(
    engine: AsyncEngine,
    account_id: UUID,
    *,
    recipient: str = "ann@example.com",
    subject: str = "A note",
    html: str | None = "<p>Hello</p>",
    text: str | None = "Hello",
    kind: str = "alert",
    message_id: str | None = None,
    headers: Mapping[str, str] | None = None,
    transport: mailbox.MailboxTransport | None = None,
) -> None:
    mail = Mail(
        sender_label="Shop",
        sender_address="shop@example.com",
        recipient=recipient,
        subject=subject,
        html=html,
        text=text,
        message_id=message_id or f"{ids.new_id().hex}@towpath.example",
        date=DATE,
        reply_to="team@example.com",
        headers=headers or {},
    )
    carrier = transport or mailbox.MailboxTransport(engine)
    outcome = await carrier.send(mail, account_id=account_id, kind=kind)
    assert isinstance(outcome, Sent)


async def test_a_captured_mail_is_listed_and_read(engine: AsyncEngine, owner: Person) -> None:
    await capture(
        engine,
        owner.account_id,
        subject="First",
        headers={"List-Unsubscribe": "<https://x.example>"},
    )
    await capture(engine, owner.account_id, subject="Second")

    listed = (await owner.client.get("/v1/mailbox")).json()
    read = (await owner.client.get(f"/v1/mailbox/{listed['items'][1]['id']}")).json()

    assert [item["subject"] for item in listed["items"]] == ["Second", "First"]
    assert (read["sender"], read["recipient"]) == ("Shop <shop@example.com>", "ann@example.com")
    assert (read["html"], read["text"], read["reply_to"]) == (
        "<p>Hello</p>",
        "Hello",
        "team@example.com",
    )
    assert read["headers"] == {"List-Unsubscribe": "<https://x.example>"}
    assert datetime.fromisoformat(read["date"]) == DATE


async def test_pages_of_the_list_follow_each_other(engine: AsyncEngine, owner: Person) -> None:
    for number in range(5):
        await capture(engine, owner.account_id, subject=str(number))

    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        page = (await owner.client.get(f"/v1/mailbox?limit=2{cursor}")).json()
        seen += [item["subject"] for item in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"

    assert seen == ["4", "3", "2", "1", "0"]
    assert page["next_cursor"] is None


async def test_capturing_a_mail_again_after_a_crash_keeps_one(
    engine: AsyncEngine, owner: Person
) -> None:
    for _ in range(2):
        await capture(engine, owner.account_id, message_id="same@towpath.example")

    assert len((await owner.client.get("/v1/mailbox")).json()["items"]) == 1


async def test_only_the_newest_mails_of_each_account_are_kept(
    engine: AsyncEngine, owner: Person
) -> None:
    other = await new_account(engine)
    await capture(engine, other)
    for number in range(5):
        await capture(engine, owner.account_id, subject=str(number))

    restarted = mailbox.MailboxTransport(engine, kept_max=2)
    for account_id in (owner.account_id, other):
        await capture(engine, account_id, subject="last", transport=restarted)

    items = (await owner.client.get("/v1/mailbox")).json()["items"]
    assert [item["subject"] for item in items] == ["last", "4"]
    async with engine.connect() as conn:
        kept = await mailbox.list_mails(
            conn, account_id=other, reader="ann@example.com", before=None, limit=9
        )
    assert len(kept) == 2


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MANAGER, Role.SUPPORT, Role.ANALYST])
async def test_nobody_but_an_owner_sees_the_mailbox(
    app: FastAPI, engine: AsyncEngine, account_id: UUID, role: Role
) -> None:
    await capture(engine, account_id)
    async with signed_in(app, account_id, role) as person:
        mail_id = ids.to_base32(ids.new_id())
        statuses = [
            (await person.client.get(path)).status_code
            for path in (
                "/v1/mailbox",
                f"/v1/mailbox/{mail_id}",
                "/mailbox",
                f"/mailbox/{mail_id}",
                f"/mailbox/{mail_id}/content",
            )
        ]

    assert statuses == [403] * 5


async def test_an_api_key_does_not_open_the_mailbox(app: FastAPI, account_id: UUID) -> None:
    async with with_key(app, account_id) as client:
        assert (await client.get("/v1/mailbox")).status_code == 403
        assert (await client.get("/mailbox")).status_code == 403


async def test_another_accounts_mail_is_not_there(engine: AsyncEngine, owner: Person) -> None:
    other = await new_account(engine)
    await capture(engine, other)
    async with engine.connect() as conn:
        [mail] = await mailbox.list_mails(
            conn, account_id=other, reader=owner.email, before=None, limit=9
        )

    assert (await owner.client.get("/v1/mailbox")).json()["items"] == []
    for path in ("/v1/mailbox/{}", "/mailbox/{}", "/mailbox/{}/content"):
        response = await owner.client.get(path.format(ids.to_base32(mail.id)))
        assert response.status_code == 404


@pytest.mark.parametrize("kind", ["sign_in", "password_reset"])
async def test_a_sign_in_mail_is_shown_to_its_recipient_alone(
    engine: AsyncEngine, owner: Person, kind: str
) -> None:
    await capture(engine, owner.account_id, recipient="colleague@example.com", kind=kind)
    await capture(engine, owner.account_id, recipient=owner.email.upper(), kind=kind)

    items = (await owner.client.get("/v1/mailbox")).json()["items"]
    async with engine.connect() as conn:
        [others] = await mailbox.list_mails(
            conn,
            account_id=owner.account_id,
            reader="colleague@example.com",
            before=None,
            limit=9,
        )

    assert [item["recipient"] for item in items] == [owner.email.upper()]
    for path in ("/v1/mailbox/{}", "/mailbox/{}", "/mailbox/{}/content"):
        response = await owner.client.get(path.format(ids.to_base32(others.id)))
        assert response.status_code == 404


async def test_the_html_is_served_locked_up(engine: AsyncEngine, owner: Person) -> None:
    await capture(engine, owner.account_id, html="<script>alert(1)</script><a href='/x'>Go</a>")
    [item] = (await owner.client.get("/v1/mailbox")).json()["items"]

    content = await owner.client.get(f"/mailbox/{item['id']}/content")

    policy = content.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox;")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert content.headers["cache-control"] == "no-store"
    assert "<script>alert(1)</script>" in content.text


async def test_the_page_shows_a_mail_as_text_and_its_html_in_a_frame(
    engine: AsyncEngine, owner: Person
) -> None:
    hostile = "<script>alert('subject')</script>"
    await capture(engine, owner.account_id, subject=hostile, text="</pre><script>alert(2)</script>")

    listing = (await owner.client.get("/mailbox")).text
    [path] = re.findall(r'href="(/mailbox/\w+)"', listing)
    page = (await owner.client.get(path)).text

    assert "<script>" not in listing + page
    assert "&lt;script&gt;alert(&#39;subject&#39;)&lt;/script&gt;" in listing
    frame = re.search(r"<iframe[^>]*>", page)
    assert frame is not None
    assert f'src="{path}/content"' in frame[0]
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame[0]


async def test_an_empty_mailbox_says_what_will_come(owner: Person) -> None:
    response = await owner.client.get("/mailbox", headers={"Accept-Language": "de"})

    assert response.status_code == 200
    assert 'lang="de"' in response.text
    assert "<h1>Postfach</h1>" in response.text


async def test_with_a_mail_server_the_page_says_that_mails_are_sent(
    engine: AsyncEngine, account_id: UUID
) -> None:
    settings = Settings(smtp_url="smtp://mail.example")
    app = create_app(make_runtime(engine, settings=settings))
    async with signed_in(app, account_id, Role.OWNER) as owner:
        page = (await owner.client.get("/mailbox")).text

    assert "A mail server is set" in page
    assert "No mail" not in page


@pytest.mark.parametrize("mail_id", ["x", "0" * 26, "%00", "U" * 26])
async def test_what_is_no_id_is_not_there(owner: Person, mail_id: str) -> None:
    for path in ("/v1/mailbox/", "/mailbox/"):
        assert (await owner.client.get(path + mail_id)).status_code in {400, 404}


async def test_who_is_not_signed_in_is_sent_to_sign_in(app: FastAPI, owner: Person) -> None:
    owner.client.cookies.clear()

    page = await owner.client.get("/mailbox", headers={"Accept": "text/html"})
    answer = await owner.client.get("/v1/mailbox")

    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?next=%2Fmailbox")
    assert answer.status_code == 401
