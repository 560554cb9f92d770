"""Mails as bytes: whatever a shop or a customer writes, the standard library reads it back."""

import email
import email.policy
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.integrations.smtp.headers import BadAddress, BadHeader
from towpath.integrations.smtp.message import BadSender, build
from towpath.messaging import Mail

DATE = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
LINE_BYTES_MAX = 998

ANY_TEXT = st.text(max_size=400)
HOSTILE = st.sampled_from(
    [
        "Hi\r\nBcc: everybody@example.com",
        "a\nb",
        "a\rb",
        "a\x00b",
        "a\x85Bcc: x@example.com",
        "a\u2028Bcc: x@example.com",
        "=?utf-8?q?not_encoded?=",
        "=?utf-8?b?x",
        '"quoted" <a@b>, c',
        "back\\slash",
        "x" * 2_000,
        "ü" * 2_000,
        "word " * 400,
        "😀" * 300,
        "\ud800 lone",
        "  spaces   inside  ",
        "a" * 65 + " b",
    ]
)
TEXTS = st.one_of(ANY_TEXT, HOSTILE)


def mail(
    *,
    sender_label: str = "Shop",
    sender_address: str = "shop@example.com",
    recipient: str = "ann@example.com",
    subject: str = "Hello",
    html: str | None = "<p>Hello</p>",
    text: str | None = "Hello",
    reply_to: str | None = None,
    headers: dict[str, str] | None = None,
) -> Mail:
    return Mail(
        sender_label=sender_label,
        sender_address=sender_address,
        recipient=recipient,
        subject=subject,
        html=html,
        text=text,
        message_id="01hx@towpath.example",
        date=DATE,
        reply_to=reply_to,
        headers=headers or {},
    )


def parsed(message: bytes) -> EmailMessage:
    read = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    assert not read.defects
    return read


def one_line(text: str) -> str:
    """Say what a header field can hold of a text: breaks and controls are blanks."""
    kept = [" " if _breaks(letter) else letter for letter in text]
    return "".join(kept)


def _breaks(letter: str) -> bool:
    code = ord(letter)
    return code < 32 or 127 <= code < 160 or code in {0x2028, 0x2029} or 0xD800 <= code < 0xE000


def squeezed(text: str) -> str:
    """Leave out what the reader's parser makes of white space outside ASCII."""
    return " ".join(text.split())


def label_in(message: bytes) -> str:
    """Read the label of From.

    The newer parser of Python 3.11 puts a blank between adjacent encoded words of a name, against
    RFC 2047; the older one does not.
    """
    if b"=?" not in message.partition(b"\r\nTo:")[0]:
        return str(parsed(message)["From"].addresses[0].display_name)
    field = email.message_from_bytes(message)["From"]
    return str(make_header(decode_header(field))).removesuffix("<shop@example.com>")


def body_text(text: str) -> str:
    """Say how a reader sees a body: lines end in one way, and one line break ends it."""
    plain = text.encode(errors="replace").decode()
    return plain.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"


@given(subject=TEXTS, label=TEXTS)
def test_subject_and_label_read_back_as_written_on_one_line(subject: str, label: str) -> None:
    message = build(mail(subject=subject, sender_label=label)).message

    read = parsed(message)
    assert squeezed(str(read["Subject"])) == squeezed(one_line(subject))
    [sender] = read["From"].addresses
    assert sender.addr_spec == "shop@example.com"
    assert squeezed(label_in(message)) == squeezed(one_line(label))


@given(subject=TEXTS, label=TEXTS, value=TEXTS)
def test_no_text_adds_a_header_field(subject: str, label: str, value: str) -> None:
    message = build(
        mail(subject=subject, sender_label=label, headers={"X-Note": value[:300]})
    ).message

    assert parsed(message).keys() == [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "X-Note",
        "MIME-Version",
        "Content-Type",
    ]


@given(html=TEXTS, text=TEXTS)
def test_both_bodies_read_back_as_written(html: str, text: str) -> None:
    read = parsed(build(mail(html=html, text=text)).message)

    assert read.get_content_type() == "multipart/alternative"
    plain, rich = read.iter_parts()
    assert (plain.get_content_type(), rich.get_content_type()) == ("text/plain", "text/html")
    assert plain.get_content().replace("\r\n", "\n") == body_text(text)
    assert rich.get_content().replace("\r\n", "\n") == body_text(html)


@given(subject=TEXTS, label=TEXTS, html=TEXTS, text=TEXTS)
def test_every_line_is_ascii_ends_in_crlf_and_is_short_enough(
    subject: str, label: str, html: str, text: str
) -> None:
    message = build(mail(subject=subject, sender_label=label, html=html, text=text)).message

    assert message.isascii()
    lines = message.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert max(map(len, lines)) <= LINE_BYTES_MAX


@given(subject=st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=500))
def test_header_lines_keep_to_the_preferred_length(subject: str) -> None:
    head, _, _ = build(mail(subject=subject)).message.partition(b"\r\n\r\n")

    assert max(map(len, head.split(b"\r\n"))) <= 78


def test_a_plain_subject_stays_readable_on_the_wire() -> None:
    message = build(mail(subject="A customer rated you 2 of 10")).message

    assert b"\r\nSubject: A customer rated you 2 of 10\r\n" in message


@pytest.mark.parametrize(("html", "text"), [("<p>Only</p>", None), (None, "Only")])
def test_a_single_body_is_a_single_part(html: str | None, text: str | None) -> None:
    read = parsed(build(mail(html=html, text=text)).message)

    assert not read.is_multipart()
    assert "Only" in read.get_content()


def test_a_boundary_in_the_body_ends_no_part() -> None:
    text = "--=_towpath_alternative--\n--=_towpath_alternative\n.\n..\n"

    plain, _ = parsed(build(mail(text=text)).message).iter_parts()

    assert plain.get_content().replace("\r\n", "\n") == text


def test_date_and_message_id_are_those_of_the_mail() -> None:
    read = parsed(build(mail()).message)

    assert read["Date"].datetime == DATE
    assert read["Message-ID"] == "<01hx@towpath.example>"


def test_a_long_link_in_a_header_stays_in_one_piece() -> None:
    link = f"<https://example.com/alerts/opt-out/{'x' * 600}>"

    message = build(mail(headers={"List-Unsubscribe": link})).message

    assert f"List-Unsubscribe: {link}\r\n".encode() in message


def test_a_link_too_long_for_any_line_is_refused_with_the_field_named() -> None:
    with pytest.raises(BadHeader, match="List-Unsubscribe is too long"):
        build(mail(headers={"List-Unsubscribe": f"<https://example.com/{'x' * 1_000}>"}))


def test_a_domain_outside_ascii_travels_in_punycode() -> None:
    envelope = build(mail(recipient="ann@bücher.example", reply_to="team@bücher.example"))

    assert envelope.recipient == "ann@xn--bcher-kva.example"
    assert not envelope.needs_smtputf8
    assert parsed(envelope.message)["Reply-To"] == "team@xn--bcher-kva.example"


def test_a_local_part_outside_ascii_asks_for_smtputf8() -> None:
    envelope = build(mail(recipient="jürgen@example.com"))

    assert envelope.needs_smtputf8
    assert "To: jürgen@example.com\r\n".encode() in envelope.message


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "ann@",
        "@example.com",
        "ann@exa mple.com",
        "ann@example.com\r\nRCPT TO:<eve@example.com>",
        "ann@example.com> SIZE=1",
        "<ann@example.com>",
        "ann@-example.com",
        "a" * 65 + "@example.com",
        "ann@" + "a" * 64 + ".com",
        "ann\x00@example.com",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadAddress):
        build(mail(recipient=address))
    with pytest.raises(BadSender):
        build(mail(sender_address=address))


@pytest.mark.parametrize("address", ["towpath@localhost", "o'neil+tag@sub.example.co.uk"])
def test_ordinary_addresses_pass_unchanged(address: str) -> None:
    assert build(mail(recipient=address)).recipient == address
