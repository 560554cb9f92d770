"""The language a reader gets, from what the browser and the address say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.kit.texts import LOCALES, negotiate


@pytest.mark.parametrize(
    ("header", "asked", "language"),
    [
        (None, None, "en"),
        ("", None, "en"),
        ("de", None, "de"),
        ("de-CH,en;q=0.5", None, "de"),
        ("fr-FR,fr;q=0.9,pl;q=0.8,en;q=0.7", None, "pl"),
        ("en;q=0.2,es;q=0.9", None, "es"),
        ("es,de", None, "es"),
        ("es;q=0,de;q=0.1", None, "de"),
        ("fr,*;q=0.5", None, "en"),
        ("de", "es", "es"),
        ("de", "es-MX", "es"),
        ("de", "fr", "de"),
        ("de;q=abc,pl;q=7", None, "en"),
        ("de;q=nan", None, "en"),
        ("," * 5_000 + "de", None, "en"),
    ],
)
def test_the_best_language_wins(header: str | None, asked: str | None, language: str) -> None:
    assert negotiate(header, asked=asked) == language


@given(st.none() | st.text(), st.none() | st.text())
def test_anything_sent_gives_one_of_the_languages(header: str | None, asked: str | None) -> None:
    assert negotiate(header, asked=asked) in LOCALES
