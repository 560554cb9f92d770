"""The mail that asks an address for its yes, and the way of both mails through the outbox."""

import re
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tests.alerts.alerting import OPS, content, judge_one, kind_with, order, render_one
from tests.alerts.recipients import (
    HOUR,
    KEYS,
    NOW,
    PUBLIC_URL,
    confirm,
    opt_out,
    recipient_of,
    save,
    state_of,
)
from tests.messaging.outbox import Letterbox
from towpath import alerts, messaging
from towpath.alerts import links
from towpath.kit import ids
from towpath.kit.texts import LOCALES

KIND = alerts.ConfirmationKind(
    keys=KEYS, public_url=PUBLIC_URL, sender_address="towpath@shop.example"
)


def confirmation(address: str = OPS, locale: str = "en") -> messaging.Claimed:
    return messaging.Claimed(
        id=ids.new_id(),
        kind=alerts.CONFIRMATION_KIND,
        flow_id=None,
        action_id=None,
        run_id=None,
        profile_id=None,
        event_id=None,
        address=address,
        locale=locale,
        created_at=NOW,
    )


async def rendered(
    conn: AsyncConnection, account_id: UUID, locale: str = "en"
) -> messaging.Rendered:
    item = messaging.ToRender(
        message=confirmation(locale=locale),
        addressees=(messaging.Addressee(address=OPS, message_id="1@towpath.example"),),
        date=NOW,
    )
    one = await render_one(conn, account_id, KIND, item)
    assert isinstance(one, messaging.Rendered)
    return one


def link_in(mail: messaging.Mail) -> str:
    found = re.search(r"http\S+/alerts/confirm/\S+", mail.text or "")
    assert found is not None
    return found[0]


async def test_the_mail_names_the_account_and_has_one_button(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await save(conn, account_id, OPS)
    one = await rendered(conn, account_id)
    mail = one.mails[OPS]

    assert mail.subject == "Confirm that you want alerts from Shop"
    assert mail.sender_label == "Shop"
    assert mail.sender_address == "towpath@shop.example"
    assert mail.html is not None
    assert re.findall(r"<a [^>]*>(.*?)</a>", mail.html) == ["Confirm Email Address"]
    assert "Shop would like to send alerts to ops@shop.example." in mail.html
    assert "The link works for 14 days." in mail.html
    assert mail.html.count(link_in(mail)) == 2  # the button, and written out below it


async def test_the_stored_copy_does_not_hold_the_link(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await save(conn, account_id, OPS)
    one = await rendered(conn, account_id)

    assert "/alerts/confirm" not in f"{one.subject}{one.html}{one.text}"
    assert "Confirm Email Address" in (one.html or "")


@pytest.mark.parametrize(
    ("locale", "subject", "button"),
    [
        ("en", "Confirm that you want alerts from Shop", "Confirm Email Address"),
        (
            "es",
            "Confirma que quieres recibir alertas de Shop",
            "Confirmar dirección de correo electrónico",
        ),
        ("pl", "Potwierdź, że chcesz otrzymywać powiadomienia od Shop", "Potwierdź adres e-mail"),
        (
            "de",
            "Bestätigen Sie, dass Sie Benachrichtigungen von Shop möchten",
            "E-Mail-Adresse bestätigen",
        ),
    ],
)
async def test_the_mail_speaks_the_language_it_was_queued_in(
    conn: AsyncConnection, account_id: UUID, locale: str, subject: str, button: str
) -> None:
    await save(conn, account_id, OPS)
    mail = (await rendered(conn, account_id, locale)).mails[OPS]

    assert mail.subject == subject
    assert f'<html lang="{locale}">' in (mail.html or "")
    assert f">{button}</a>" in (mail.html or "")
    assert button in (mail.text or "")


def test_every_language_was_tried_above() -> None:
    assert set(LOCALES) == {"en", "es", "pl", "de"}


async def test_a_confirmation_is_not_sent_once_the_answer_is_there(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await save(conn, account_id, OPS)
    waiting = await judge_one(conn, account_id, KIND, confirmation())
    await confirm(conn, account_id, OPS)
    said_yes = await judge_one(conn, account_id, KIND, confirmation())
    await opt_out(conn, account_id, OPS)
    said_no = await judge_one(conn, account_id, KIND, confirmation())
    unknown = await judge_one(conn, account_id, KIND, confirmation("x@shop.example"))

    cancelled = messaging.Skip(reason=messaging.Reason.EMAIL_CANCELLED)
    assert waiting == messaging.Recipients(addresses=(OPS,))
    assert said_yes == said_no == unknown == cancelled


async def test_a_link_made_late_carries_the_recipient_as_it_is_then(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await save(conn, account_id, OPS)
    await opt_out(conn, account_id, OPS)
    await save(conn, account_id, OPS, now=NOW + HOUR)
    mail = (await rendered(conn, account_id)).mails[OPS]
    token = link_in(mail).rpartition("/")[2]
    link = links.read_confirmation(KEYS, token, now=NOW)

    assert await alerts.confirm(conn, link=link, now=NOW) is alerts.ConfirmationOutcome.CONFIRMED


async def test_neither_mail_is_blocked_or_let_through_by_the_wrong_limit() -> None:
    assert KIND.counts_toward_limit is False
    assert kind_with().counts_toward_limit is True


async def test_from_save_to_confirmed_to_alert_to_opted_out(
    engine: AsyncEngine, account_id: UUID, browser: httpx.AsyncClient
) -> None:
    """The whole way of one address, through the outbox and the pages."""
    letterbox = Letterbox()
    outbox = messaging.Outbox(
        engine=engine,
        kinds=(kind_with(content()), KIND),
        transport=letterbox,
        domain="towpath.example",
    )

    async def send() -> messaging.Mail | None:
        await messaging.dispatch_due(
            outbox, account_id=account_id, now=NOW + HOUR, lease_now=NOW + HOUR
        )
        return letterbox.accepted.pop() if letterbox.accepted else None

    async def alert() -> UUID:
        async with engine.begin() as conn:
            recorded = await order(conn, account_id)
            message_id = ids.new_id()
            await conn.execute(
                messaging.message_table.insert().values(
                    account_id=account_id,
                    id=message_id,
                    kind=alerts.ALERT_KIND,
                    state=messaging.MessageState.QUEUED,
                    flow_id="FLOW",
                    action_id="ACTION",
                    run_id=ids.new_id(),
                    profile_id=recorded.profile_id,
                    event_id=recorded.id,
                    created_at=NOW,
                    due_at=NOW,
                )
            )
            return message_id

    async def reason_of(message_id: UUID) -> str | None:
        async with engine.connect() as conn:
            one = await messaging.get_message(conn, account_id=account_id, message_id=message_id)
            return one.activity.reason

    async with engine.begin() as conn:
        await save(conn, account_id, OPS)
    asked = await send()
    too_early = await alert()
    nothing = await send()
    assert asked is not None
    await browser.post(urlsplit(link_in(asked)).path)
    await alert()
    alerted = await send()
    assert alerted is not None
    await browser.post(urlsplit(alerted.headers["List-Unsubscribe"].strip("<>")).path)
    too_late = await alert()

    assert nothing is None
    assert await reason_of(too_early) == "No Confirmed Recipients"
    assert alerted.subject == "Big order from Ada"
    assert await send() is None
    assert await reason_of(too_late) == "No Confirmed Recipients"
    async with engine.connect() as conn:
        assert await state_of(conn, account_id, OPS) == "disabled"


async def test_bounces_of_alerts_reach_the_recipient(engine: AsyncEngine, account_id: UUID) -> None:
    letterbox = Letterbox(
        answer=lambda _: messaging.Rejected(response="550 5.1.1 no such user", is_bounce=True)
    )
    outbox = messaging.Outbox(
        engine=engine, kinds=(KIND,), transport=letterbox, domain="towpath.example"
    )
    async with engine.begin() as conn:
        await save(conn, account_id, OPS)
    await messaging.dispatch_due(outbox, account_id=account_id, now=NOW, lease_now=NOW)
    async with engine.connect() as conn:
        recipient = await recipient_of(conn, account_id, OPS)

    assert (recipient.hard_bounces, recipient.last_bounce) == (1, "550 5.1.1 no such user")
