"""What people type, whatever it is: refused with a clear error, or safe to store, send and show."""

import unicodedata
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from towpath.accounts import rules, tokens
from towpath.accounts.model import BadEmail, BadKeyFormat, BadName, BadPassword
from towpath.accounts.routes.pages import own_address


@given(st.text(max_size=220))
@example("a\r\nBcc: everybody@example.com")
@example("a\u2029b")
def test_a_name_that_is_taken_is_one_line(text: str) -> None:
    try:
        name = rules.read_name(text)
    except BadName:
        return

    assert 0 < len(name) <= rules.NAME_CHARACTERS_MAX
    assert name.splitlines() == [name]
    assert not any(unicodedata.category(letter) == "Cc" for letter in name)


@given(st.text(max_size=40), st.text(max_size=40))
def test_an_address_that_is_taken_is_one_address_in_one_spelling(local: str, domain: str) -> None:
    try:
        address = rules.read_email(f"{local}@{domain}")
    except BadEmail:
        return

    assert address == rules.read_email(address)
    assert not set(address) & set("\r\n,; <>\"'")


@given(st.emails())
def test_an_ordinary_address_is_taken_in_any_case(address: str) -> None:
    try:
        read = rules.read_email(address)
    except BadEmail:
        return  # quoted and other rare forms

    assert rules.read_email(f" {read.upper()} ") == read


@given(st.text(max_size=60))
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
def test_going_on_after_signing_in_stays_here(target: str) -> None:
    address = own_address(target)

    parts = urlsplit(f"http://here{address}")
    assert parts.netloc == "here"
    assert address.startswith("/")
    assert not address.startswith(("//", "/\\"))


@pytest.mark.parametrize(
    "password", ["", "ninechars", "x" * 1_001, "ada.lovelace@shop.example", "ADA.LOVELACE"]
)
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(BadPassword):
        rules.check_password(password, email="ada.lovelace@shop.example")


@pytest.mark.parametrize("password", ["ten chars!", "x" * 1_000, "ñandú y cigüeña", "          x"])
def test_any_other_password_is_fine(password: str) -> None:
    rules.check_password(password, email="ada.lovelace@shop.example")


@pytest.mark.parametrize(
    "secret", ["", "pk_", "pk_" + "a" * 19, "pk_" + "a" * 201, "sk_" + "a" * 30, "pk_" + "ä" * 30]
)
def test_a_key_that_could_be_guessed_or_mistyped_is_refused(secret: str) -> None:
    with pytest.raises(BadKeyFormat):
        tokens.check_key_format(secret)


def test_every_key_we_make_is_one_we_take() -> None:
    made = {tokens.new_api_key() for _ in range(100)}

    assert len(made) == 100
    for secret in made:
        tokens.check_key_format(secret)
