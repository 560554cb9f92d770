"""TOWPATH_SMTP_URL: its forms, and errors that name the mistake but never the password."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.integrations import smtp
from towpath.integrations.smtp import MailServer, Security
from towpath.kit.config import BadSetting


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail", MailServer(security=Security.PLAIN, host="mail", port=25)),
        ("smtp://mail:2525/", MailServer(security=Security.PLAIN, host="mail", port=2525)),
        (
            "smtp+starttls://ann:secret@mail.example.com",
            MailServer(
                security=Security.STARTTLS,
                host="mail.example.com",
                port=587,
                username="ann",
                password="secret",
            ),
        ),
        (
            "SMTPS://ann%40example.com:p%2Fa%3Ass%25@[::1]:465",
            MailServer(
                security=Security.TLS,
                host="::1",
                port=465,
                username="ann@example.com",
                password="p/a:ss%",
            ),
        ),
    ],
)
def test_every_form_is_read(url: str, server: MailServer) -> None:
    assert smtp.parse_url(url) == server


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://ann:hunter2@mail", "must start with smtp://"),
        ("mail:25", "must start with smtp://"),
        ("smtp://", "names no host"),
        ("smtp://ann:hunter2@", "names no host"),
        ("smtp://ann:hunter2@mail:99999", "host or port"),
        ("smtp://ann:hunter2@mail:x", "host or port"),
        ("smtp://ann:hunter2@mail:0", "from 1 to 65535"),
        ("smtp://ann:hunter2/x@mail", "host or port"),
        ("smtp://mail/hunter2", "nothing may follow the port"),
        ("smtp://mail?hunter2", "nothing may follow the port"),
        ("smtp://ann@mail", "a user needs a password"),
        ("smtp://:hunter2@mail", "a user needs a password"),
        ("smtp://ann:hunter2%0d%0a@mail", "control characters"),
        ("smtp://[mail", "host or port"),
    ],
)
def test_a_mistake_is_named_without_the_password(url: str, why: str) -> None:
    with pytest.raises(BadSetting) as caught:
        smtp.parse_url(url)

    assert why in caught.value.detail
    assert "hunter2" not in caught.value.detail


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(url: str) -> None:
    try:
        server = smtp.parse_url(url)
    except BadSetting:
        return
    assert server.host


def test_the_password_is_not_shown() -> None:
    server = smtp.parse_url("smtp://ann:hunter2@mail")

    assert "hunter2" not in repr(server)
    assert server.name == "mail:25"
    assert smtp.parse_url("smtp://[::1]").name == "[::1]:25"
