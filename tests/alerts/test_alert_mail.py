"""The alert itself: who gets it, what it says, and when it is not written (alerts.md, Sending)."""

import dataclasses
import re
from email.headerregistry import Address
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.alerts.alerting import (
    LEAD,
    OPS,
    Unused,
    claimed,
    content,
    judge_one,
    kind_with,
    order,
    render_one,
    rendered_order,
    skipped_order,
    to_render,
)
from tests.alerts.recipients import KEYS, NOW, PUBLIC_URL, confirm, opt_out, save
from towpath import alerts, messaging, people, templates
from towpath.alerts import links
from towpath.kit import ids
from towpath.messaging import Reason


async def test_an_alert_goes_to_the_confirmed_addresses_alone(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await save(conn, account_id, OPS, LEAD, "left@shop.example")
    await confirm(conn, account_id, OPS)
    await confirm(conn, account_id, "left@shop.example")
    await opt_out(conn, account_id, "left@shop.example")
    recorded = await order(conn, account_id)
    alert = content(to_emails=["Ops@Shop.example", OPS, LEAD, "left@shop.example"])
    judged = await judge_one(
        conn, account_id, kind_with(alert), claimed(recorded.profile_id, recorded.id)
    )

    assert judged == messaging.Recipients(addresses=(OPS,))


async def test_an_address_that_was_taken_out_of_send_to_gets_nothing(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await save(conn, account_id, OPS)
    await confirm(conn, account_id, OPS)
    recorded = await order(conn, account_id)
    judged = await judge_one(
        conn,
        account_id,
        kind_with(content(to_emails=[LEAD])),
        claimed(recorded.profile_id, recorded.id),
    )

    assert judged == messaging.Skip(reason=Reason.NO_CONFIRMED_RECIPIENTS)


async def test_an_alert_whose_action_is_gone_is_skipped(
    conn: AsyncConnection, account_id: UUID
) -> None:
    recorded = await order(conn, account_id)
    message = claimed(recorded.profile_id, recorded.id, action="GONE")
    judged = await judge_one(conn, account_id, kind_with(content()), message)
    rendered = await render_one(conn, account_id, kind_with(), to_render(message))

    assert judged == rendered == messaging.Skip(reason=Reason.ACTION_DELETED)


async def test_the_subject_and_both_parts_speak_of_the_person_and_the_event(
    conn: AsyncConnection, account_id: UUID
) -> None:
    alert = content(
        html="<p>{{ person.title }} {{ last_name }} of {{ person.organization }}, "
        "{{ person|lookup:'VIP level' }}, {{ email }}, {{ event.Items.0.title }} "
        "for {{ event.value }}/{{ event|lookup:'$value' }} at {{ organization.name }}</p>",
        text="{{ first_name }} & {{ event.value }}",
    )
    rendered = await rendered_order(
        conn,
        account_id,
        alert,
        attributes={
            "first_name": "Ada",
            "last_name": "Byron",
            "title": "Countess",
            "organization": "Analytical",
        },
        properties={"VIP level": "gold"},
        event={"$value": 120.5, "Items": [{"title": "Engine"}]},
    )

    assert rendered.subject == "Big order from Ada"
    assert rendered.html is not None
    assert (
        "<p>Countess Byron of Analytical, gold, ada@customer.example, Engine for 120.5/120.5 "
        "at Shop</p>" in rendered.html
    )
    assert rendered.text is not None
    assert rendered.text.startswith("Ada & 120.5\n")


async def test_a_property_called_value_is_not_hidden_by_the_events_value(
    conn: AsyncConnection, account_id: UUID
) -> None:
    rendered = await rendered_order(
        conn,
        account_id,
        content(subject="{{ event.value }} {{ person.title }}"),
        event={"$value": 1, "value": "own"},
        attributes={"first_name": "Ada", "title": None},
        properties={"title": "a property"},
    )

    assert rendered.subject == "own a property"


async def test_event_data_renders_empty_outside_a_metric_flow(
    conn: AsyncConnection, account_id: UUID
) -> None:
    rendered = await rendered_order(
        conn, account_id, content(subject="({{ event.value }})", is_metric_flow=False)
    )

    assert rendered.subject == "()"


async def test_what_a_customer_typed_is_escaped_in_html_and_plain_in_text(
    conn: AsyncConnection, account_id: UUID
) -> None:
    rendered = await rendered_order(
        conn,
        account_id,
        content(html="<p>{{ first_name }}</p>"),
        attributes={"first_name": "<script>alert(1)</script>"},
    )

    assert rendered.html is not None
    assert "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>" in rendered.html
    assert rendered.text is not None
    assert rendered.text.startswith("<script>alert(1)</script>\n")


async def test_line_breaks_in_data_never_reach_the_subject_or_the_label(
    conn: AsyncConnection, account_id: UUID
) -> None:
    rendered = await rendered_order(
        conn,
        account_id,
        content(from_label="Shop\r\nBcc: spy@evil.example\u2028x"),
        attributes={"first_name": "Ada\r\nBcc: spy@evil.example\x85\u2029X"},
    )
    mail = rendered.mails[OPS]

    assert rendered.subject == mail.subject == "Big order from Ada Bcc: spy@evil.example X"
    assert mail.sender_label == "Shop Bcc: spy@evil.example x"
    Address(mail.sender_label, addr_spec=mail.sender_address)  # refuses line breaks


async def test_the_sender_is_also_the_reply_to_and_without_a_label_the_account(
    conn: AsyncConnection, account_id: UUID
) -> None:
    rendered = await rendered_order(conn, account_id, content(from_label=None))
    mail = rendered.mails[OPS]

    assert mail.sender_address == mail.reply_to == "alerts@shop.example"
    assert mail.sender_label == "Shop"
    assert mail.date == NOW


async def test_every_recipient_gets_a_mail_of_their_own_with_their_own_way_out(
    conn: AsyncConnection, account_id: UUID
) -> None:
    rendered = await rendered_order(conn, account_id, content(), OPS, LEAD)

    assert list(rendered.mails) == [OPS, LEAD]
    for address, mail in rendered.mails.items():
        url = mail.headers["List-Unsubscribe"].strip("<>")
        link = links.read_opt_out(KEYS, url.rpartition("/")[2], now=NOW)
        assert link.address == address
        assert url.startswith(f"{PUBLIC_URL}/alerts/opt-out/")
        assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail.html is not None
        assert mail.html.count(url) == 1
        assert mail.text is not None
        assert mail.text.count(url) == 1
        assert mail.recipient == address


async def test_the_stored_copy_links_to_the_profile_and_holds_no_way_out(
    conn: AsyncConnection, account_id: UUID
) -> None:
    recorded = await order(conn, account_id)
    item = to_render(claimed(recorded.profile_id, recorded.id))
    rendered = await render_one(conn, account_id, kind_with(content()), item)

    assert isinstance(rendered, messaging.Rendered)
    profile = f"{PUBLIC_URL}/people/{ids.to_base32(recorded.profile_id)}"
    for part in (rendered.html, rendered.text, rendered.mails[OPS].html, rendered.mails[OPS].text):
        assert part is not None
        assert profile in part
    assert "opt-out" not in f"{rendered.html}{rendered.text}"


async def test_the_footer_goes_inside_the_body_and_at_the_end_of_a_fragment(
    conn: AsyncConnection, account_id: UUID
) -> None:
    page = await rendered_order(
        conn, account_id, content(html="<html><body><p>İ Hi</p></BODY ></html>")
    )
    fragment = await rendered_order(conn, account_id, content(html="<p>Hi</p>"))
    whole, part = page.mails[OPS].html, fragment.mails[OPS].html

    assert whole is not None
    assert re.fullmatch(
        r"<html><body><p>İ Hi</p><hr.*opt-out.*</p>\n</BODY ></html>", whole, re.DOTALL
    )
    assert part is not None
    assert part.startswith("<p>Hi</p><hr")


async def test_text_alone_gets_an_html_part_with_its_lines(
    conn: AsyncConnection, account_id: UUID
) -> None:
    rendered = await rendered_order(
        conn, account_id, content(html=None, text="{{ first_name }}\nspent <much>")
    )

    assert rendered.html is not None
    assert rendered.html.startswith("<div>Ada<br>\nspent &lt;much&gt;</div>")


async def test_a_stored_template_counts_as_it_is_when_the_alert_is_sent(
    conn: AsyncConnection, account_id: UUID
) -> None:
    recorded = await order(conn, account_id)
    draft = templates.TemplateDraft(
        name="Alert", editor_type=templates.EditorType.CODE, html="<p>one</p>", text=None
    )
    await templates.create_template(
        conn, account_id=account_id, template_id="TPL", draft=draft, now=NOW
    )
    kind = kind_with(content(template_id="TPL", html="<p>inline</p>"))
    item = to_render(claimed(recorded.profile_id, recorded.id))
    first = await render_one(conn, account_id, kind, item)
    await templates.update_template(
        conn,
        account_id=account_id,
        template_id="TPL",
        draft=dataclasses.replace(draft, html="<p>two</p>"),
        use=Unused(),
        now=NOW,
    )
    second = await render_one(conn, account_id, kind, item)

    assert isinstance(first, messaging.Rendered)
    assert isinstance(second, messaging.Rendered)
    assert (first.text or "").startswith("one\n")
    assert (second.text or "").startswith("two\n")


async def test_inline_content_stands_in_for_a_template_that_is_not_here(
    conn: AsyncConnection, account_id: UUID
) -> None:
    rendered = await rendered_order(
        conn, account_id, content(template_id="GONE", html="<p>inline</p>")
    )
    skipped = await skipped_order(conn, account_id, content(template_id="GONE", html=None))

    assert (rendered.text or "").startswith("inline\n")
    assert skipped.reason is Reason.UNABLE_TO_SEND_EMAIL
    assert "GONE" in (skipped.detail or "")


@pytest.mark.parametrize(
    ("alert", "said"),
    [
        (content(html="<p>\n{% if %}"), "line 2"),
        (content(subject="{{ first_name|nosuch }}"), "nosuch"),
        (content(html="<p>{% unsubscribe %}</p>"), "unsubscribe (line 1)"),
        (content(subject="{{ web_view_link }}"), "web_view_link (line 1)"),
        (content(text="\n{% coupon_code 'x' %}"), "coupon_code (line 2)"),
        (content(html="{% for a in person.list %}{{ a }}{% endfor %}" * 2_000), "tags"),
    ],
)
async def test_a_template_that_cannot_be_used_skips_the_alert_and_says_where(
    conn: AsyncConnection, account_id: UUID, alert: alerts.AlertContent, said: str
) -> None:
    skipped = await skipped_order(conn, account_id, alert)

    assert skipped.reason is Reason.EMAIL_SYNTAX_ERROR
    assert said in (skipped.detail or "")


async def test_a_template_that_asks_for_too_much_skips_only_its_own_alert(
    conn: AsyncConnection, account_id: UUID
) -> None:
    many = await order(conn, account_id, event={"many": list(range(200))}, unique_id="many")
    none = await order(conn, account_id, event={"many": []}, unique_id="none")
    bomb = "{% for a in event.many %}{% for b in event.many %}x{% endfor %}{% endfor %}"
    items = [to_render(claimed(one.profile_id, one.id)) for one in (many, none)]
    kind = kind_with(content(html="<p>ok</p>" + bomb))
    rendered = await kind.render(conn, account_id=account_id, messages=items)
    first, second = (rendered[item.message.id] for item in items)

    assert isinstance(first, messaging.Skip)
    assert first.reason is Reason.EMAIL_SYNTAX_ERROR
    assert isinstance(second, messaging.Rendered)


@pytest.mark.parametrize("sender", [None, "", "alerts", "a@b@c", "x@y.example\r\nBcc: z@z.example"])
async def test_a_bad_sender_skips_the_alert(
    conn: AsyncConnection, account_id: UUID, sender: str | None
) -> None:
    skipped = await skipped_order(conn, account_id, content(from_email=sender))

    assert skipped.reason is Reason.INVALID_FROM_EMAIL


async def test_an_alert_about_somebody_who_was_merged_speaks_of_the_survivor(
    conn: AsyncConnection, account_id: UUID
) -> None:
    recorded = await order(conn, account_id)
    survivor = await people.create_profile(
        conn,
        account_id=account_id,
        draft=people.ProfileDraft(
            email="grace@customer.example", attributes={"first_name": "Grace"}
        ),
        now=NOW,
    )
    await conn.execute(
        people.profile_table.update()
        .where(
            people.profile_table.c.account_id == account_id,
            people.profile_table.c.id == recorded.profile_id,
        )
        .values(merged_into=survivor, email=None)
    )
    item = to_render(claimed(recorded.profile_id, recorded.id))
    rendered = await render_one(conn, account_id, kind_with(content()), item)

    assert isinstance(rendered, messaging.Rendered)
    assert rendered.subject == "Big order from Grace"


async def test_a_person_who_is_gone_skips_the_alert(
    conn: AsyncConnection, account_id: UUID
) -> None:
    item = to_render(claimed(ids.new_id(), None))
    rendered = await render_one(conn, account_id, kind_with(content()), item)

    assert rendered == messaging.Skip(reason=Reason.PERSON_DELETED)


async def test_a_batch_takes_as_many_statements_as_one_alert(
    conn: AsyncConnection, account_id: UUID
) -> None:
    recorded = await order(conn, account_id)
    kind = kind_with(content(template_id="TPL"))
    items = [to_render(claimed(recorded.profile_id, recorded.id)) for _ in range(50)]

    async def statements(batch: list[messaging.ToRender]) -> int:
        seen: list[str] = []

        def note(*given: object) -> None:
            seen.append(str(given[2]))

        event.listen(conn.sync_connection, "before_cursor_execute", note)
        await kind.render(conn, account_id=account_id, messages=batch)
        event.remove(conn.sync_connection, "before_cursor_execute", note)
        return len(seen)

    assert await statements(items) == await statements(items[:1]) == 4
