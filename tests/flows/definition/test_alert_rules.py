"""What an alert needs before it goes out is said with the field it is about (alerts.md)."""

from typing import Any

import pytest

from tests.flows.definition.samples import alert, delay, flow
from towpath.flows import definition


def problems(**message: Any) -> dict[str, str]:
    """Return code by place below the message."""
    parsed = definition.parse(flow(delay("d", "a"), alert("a", **message)))
    found = definition.alert_problems(parsed)
    assert all(one.meta["action"] == "a" for one in found)
    before = "/actions/1/data/message/"
    return {str(one.pointer).removeprefix(before): one.code for one in found}


def test_a_complete_alert_has_no_problems() -> None:
    assert problems() == {}


@pytest.mark.parametrize(
    "content", [{"template_id": "TPLALR"}, {"html": "<p>x</p>"}, {"text": "x"}]
)
def test_any_one_content_is_enough(content: dict[str, str]) -> None:
    assert problems(**({"html": None} | content)) == {}


def test_five_recipients_are_the_most_and_repeats_count_once() -> None:
    five = [f"ops{number}@shop.example" for number in range(5)]

    assert problems(to_emails=[*five, "OPS1@Shop.Example", "ops1@shop.example"]) == {}
    assert problems(to_emails=[*five, "one-more@shop.example"]) == {
        "to_emails": "alert_recipients_too_many"
    }


@pytest.mark.parametrize("nobody", [[], None])
def test_an_alert_to_nobody_is_a_problem(nobody: list[str] | None) -> None:
    assert problems(to_emails=nobody) == {"to_emails": "alert_recipients_missing"}


@pytest.mark.parametrize(
    "address",
    ["", "ops", "ops@", "@shop.example", "a b@shop.example", "Ops <ops@shop.example>",
     "ops@shop.example\r\nBcc: x@y.example", "ops@shop.example, lead@shop.example"],
)  # fmt: skip
def test_a_bad_recipient_is_named(address: str) -> None:
    found = problems(to_emails=["lead@shop.example", address])

    assert found == {"to_emails/1": "alert_address_bad"}


@pytest.mark.parametrize(
    "sender",
    ["shop@gmail.com", "shop@GMail.com", "shop@\uff47mail.com",
     "shop@yahoo.de", "shop@yahoo.co.uk", "shop@hotmail.com",
     "shop@outlook.com", "shop@gmx.net", "shop@web.de", "shop@aol.com", "shop@icloud.com",
     "shop@proton.me"],
)  # fmt: skip
def test_a_mailbox_provider_is_no_sender(sender: str) -> None:
    assert problems(from_email=sender) == {"from_email": "alert_sender_free_mail"}


@pytest.mark.parametrize(
    "sender", ["hi@shop.example", "hi@yahoo-fans.example", "hi@live.shop.example", "hi@live.store"]
)
def test_a_domain_of_ones_own_is_a_sender(sender: str) -> None:
    assert problems(from_email=sender) == {}


def test_a_recipient_may_be_on_ones_own_network() -> None:
    assert problems(to_emails=["ops@intranet", " Ops@Shop.Example "]) == {}


def test_a_bad_or_missing_sender_is_named() -> None:
    assert problems(from_email="nobody") == {"from_email": "alert_sender_bad"}
    assert problems(from_email=None) == {"from_email": "alert_sender_missing"}


def test_a_missing_sender_is_made_up_for_by_the_account() -> None:
    parsed = definition.parse(flow(alert("a", from_email=None)))

    assert definition.alert_problems(parsed, has_default_sender=True) == []


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_an_empty_subject_or_message_is_named(empty: str | None) -> None:
    assert problems(subject_line=empty) == {"subject_line": "alert_subject_missing"}
    assert problems(html=empty, text=empty, template_id=empty) == {
        "template_id": "alert_content_missing"
    }


@pytest.mark.parametrize("character", ["\r", "\n", "\x0b", "\x85", "\u2028"])
def test_a_line_break_in_a_header_is_named(character: str) -> None:
    assert problems(subject_line=f"a{character}b") == {"subject_line": "alert_header"}
    assert problems(from_label=f"a{character}b") == {"from_label": "alert_header"}


def test_emoji_and_other_scripts_are_no_line_breaks() -> None:
    assert problems(subject_line="👩‍💻 Größe 注文", from_label="Laden\u00a0№ 1") == {}


def test_bad_alerts_are_read_all_the_same() -> None:
    bad = alert("a", to_emails=["x"] * 9, from_email="me@gmail.com", subject_line="\n")

    assert definition.parse(flow(bad)).actions["a"].status is definition.Status.DRAFT
