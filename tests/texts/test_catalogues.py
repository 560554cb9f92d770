"""Every text the server says exists in every language, with the same placeholders."""

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po

import towpath
from towpath.kit.texts import LOCALES, texts

SOURCE = Path(towpath.__file__).parent
METHODS = {".py": "python", ".html": "jinja2.ext:babel_extract"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%.")
Key = str | tuple[str, ...]


@cache
def said() -> frozenset[Key]:
    """Return every message that the code and the pages ask for."""
    return frozenset(_extracted())


def _extracted() -> Iterator[Key]:
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix not in METHODS:
            continue
        with path.open("rb") as file:
            for _, message, _, _ in extract(
                METHODS[path.suffix], file, keywords={"gettext": None, "ngettext": (1, 2)}
            ):
                yield tuple(message) if isinstance(message, list | tuple) else message


@cache
def catalogue(locale: str) -> Catalog:
    path = resources.files("towpath.kit.texts").joinpath("catalogues", f"{locale}.po")
    with path.open("rb") as file:
        return read_po(file, locale=locale, abort_invalid=True)


def messages(locale: str) -> list[Message]:
    return [message for message in catalogue(locale) if message.id]


def forms(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    """Return the singular and plural forms of a message; one when it has no plural."""
    return [text or ""] if text is None or isinstance(text, str) else list(text)


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


@pytest.mark.parametrize("locale", LOCALES)
def test_a_catalogue_holds_what_is_said_and_nothing_else(locale: str) -> None:
    held = {one.id if isinstance(one.id, str) else tuple(one.id) for one in messages(locale)}

    assert sorted(map(str, said() - held)) == [], "translate these"
    assert sorted(map(str, held - said())) == [], "nobody says these any more"


@pytest.mark.parametrize("locale", LOCALES)
def test_every_message_is_translated_in_every_form_with_its_placeholders(locale: str) -> None:
    for message in messages(locale):
        ids, strings = forms(message.id), forms(message.string)

        assert len(strings) == (1 if len(ids) == 1 else catalogue(locale).num_plurals)
        assert not message.fuzzy
        for string in strings:
            assert string.strip(), f"{message.id} has no {locale}"
            assert placeholders(string) == placeholders(ids[-1])
            assert string.endswith((".", ":", "?")) == ids[-1].endswith((".", ":", "?"))


@pytest.mark.parametrize("locale", [locale for locale in LOCALES if locale != "en"])
def test_no_sentence_is_left_in_english(locale: str) -> None:
    left = [one.id for one in messages(locale) if one.string == one.id and " " in str(one.id)]

    assert left == []


def test_english_says_its_keys() -> None:
    assert all(forms(message.string) == forms(message.id) for message in messages("en"))


def test_values_fill_a_message_and_a_percent_sign_in_them_stays() -> None:
    filled = texts("de").gettext("Stop all alerts from %(account)s", account="100 % Obst")

    assert filled == "Alle Benachrichtigungen von 100 % Obst beenden"


@pytest.mark.parametrize(
    ("days", "polish"),
    [(1, "1 dzień"), (2, "2 dni"), (5, "5 dni"), (14, "14 dni")],
)
def test_numbers_choose_their_form(days: int, polish: str) -> None:
    sentence = texts("pl").ngettext(
        "The link works for %(num)d day.", "The link works for %(num)d days.", days
    )

    assert sentence == f"Link działa przez {polish}."


@pytest.mark.parametrize("locale", [None, "", "fr", "xx-YY", "../../etc/passwd"])
def test_an_unknown_language_is_english(locale: str | None) -> None:
    assert texts(locale).locale == "en"


def test_a_regional_form_is_its_language_and_read_once() -> None:
    assert texts("es-MX") is texts("es_ES") is texts("ES")
