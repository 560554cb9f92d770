"""JSON values as text: readable for people, short whatever came in."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.kit.texts import texts
from towpath.web.readable import (
    NAME_CHARACTERS_MAX,
    PROPERTIES_SHOWN_MAX,
    TEXT_CHARACTERS_MAX,
    readable,
    readable_amount,
    readable_properties,
)

ENGLISH, GERMAN = texts("en"), texts("de")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda below: st.lists(below, max_size=30) | st.dictionaries(st.text(), below, max_size=5),
    max_leaves=50,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),  # noqa: RUF001 -- an en dash
        ("", "–"),  # noqa: RUF001
        ([], "–"),  # noqa: RUF001
        (True, "Yes"),
        (False, "No"),
        (0, "0"),
        (12.0, "12"),
        (1.5, "1.5"),
        (1e300, "1e+300"),
        (["a", 2, True], "a, 2, Yes"),
        (list(range(22)), ", ".join(map(str, range(20))) + ", … (+2)"),
        ("x" * 501, "x" * 500 + "…"),
    ],
)
def test_plain_values_read_as_words(value: Any, text: str) -> None:
    assert readable(value, words=ENGLISH).text == text
    assert not readable(value, words=ENGLISH).is_json


@pytest.mark.parametrize("value", [{"a": "ü"}, {}, [{"a": 1}], [[1], 2]])
def test_nested_values_stay_json(value: Any) -> None:
    assert readable(value, words=ENGLISH).is_json


def test_json_keeps_letters_as_they_are() -> None:
    assert readable({"a": "ü"}, words=ENGLISH).text == '{"a": "ü"}'


@given(JSON)
def test_any_value_is_short(value: Any) -> None:
    for words in (ENGLISH, GERMAN):
        assert 1 <= len(readable(value, words=words).text) <= TEXT_CHARACTERS_MAX + 1


@given(JSON, JSON)
def test_any_amount_can_be_written(value: Any, currency: Any) -> None:
    amount = readable_amount(value, currency, words=GERMAN)

    assert (amount is None) == (value is None)
    assert len(amount or "") <= TEXT_CHARACTERS_MAX + 1


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (1234.5, "EUR", "1.234,50 €"),
        (1234.5, "usd", "1.234,50 $"),
        (1234.5, "CHF?", "1.234,5"),
        (0.0001, None, "0,0001"),
        ("12.5", "EUR", "12.5"),
        (True, "EUR", "Ja"),
        (1e16, "EUR", "1e+16"),
    ],
)
def test_amounts_are_money_where_the_currency_is_one(value: Any, currency: Any, text: str) -> None:
    amount = readable_amount(value, currency, words=GERMAN)

    assert amount is not None
    assert amount.replace("\xa0", " ") == text


@given(st.dictionaries(st.text(max_size=NAME_CHARACTERS_MAX), JSON, max_size=20))
def test_properties_come_in_the_order_of_the_alphabet(properties: dict[str, Any]) -> None:
    found = readable_properties(properties, words=ENGLISH)
    names = [name for name, _ in found.shown]

    assert len(names) == len(properties)
    assert [name.casefold() for name in names] == sorted(name.casefold() for name in properties)
    assert found.hidden_count == 0


def test_properties_over_the_limit_are_counted_and_long_names_cut() -> None:
    many = {f"{number:03}" + "n" * 200: number for number in range(PROPERTIES_SHOWN_MAX + 7)}
    found = readable_properties(many, words=ENGLISH)

    assert len(found.shown) == PROPERTIES_SHOWN_MAX
    assert found.hidden_count == 7
    assert len(found.shown[0][0]) == NAME_CHARACTERS_MAX + 1
