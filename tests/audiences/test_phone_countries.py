"""SQL and the library phonenumbers agree about the country of a number."""

import random

import phonenumbers
import pytest
from sqlalchemy import Text, column, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.reference.conditions import country_of
from towpath.audiences.conditions.phone_countries import is_number_of

SHARING = [
    countries
    for countries in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.values()
    if len(countries) > 1
]
ALONE = ("DE", "AT", "PL", "ES", "FR", "EG", "PT", "HK", "BR")


def numbers_of(countries: tuple[str, ...]) -> list[str]:
    """Return example numbers of every kind, neighbours of them, and random ones."""
    dice = random.Random(20261101)
    examples = [
        phonenumbers.example_number_for_type(country, kind)
        for country in countries
        for kind in range(11)
    ]
    given = {
        phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        for example in examples
        if example is not None
    }
    for number in sorted(given):
        at = dice.randrange(2, len(number))
        given.add(number[:at] + str(dice.randrange(10)) + number[at + 1 :])
        given.add(f"{number[:3]}{dice.randrange(10**8, 10**9)}")
    return sorted(given)


@pytest.mark.parametrize("countries", [ALONE, *SHARING])
async def test_the_country_of_a_number_is_the_one_the_library_says(
    countries: tuple[str, ...], conn: AsyncConnection
) -> None:
    rows = func.unnest(literal(numbers_of(countries), ARRAY(Text())))
    number = rows.table_valued(column("number", Text())).render_derived().c.number
    flags = [is_number_of(number, [country]) for country in countries]
    is_first_or_last = is_number_of(number, [countries[0], countries[-1]])

    result = (await conn.execute(select(number, is_first_or_last, *flags))).all()

    for text, is_either, *said in result:
        expected = country_of(text)
        assert said == [country == expected for country in countries], text
        assert is_either is (expected in {countries[0], countries[-1]}), text


async def test_what_is_not_a_number_is_of_no_country(conn: AsyncConnection) -> None:
    texts = [
        "",
        "+",
        "12125550123",
        "+1 212 555 0123",
        "+49",
        "+4915112345678\n",
        "+49x15112345678",
    ]
    rows = (
        func.unnest(literal(texts, ARRAY(Text())))
        .table_valued(column("number", Text()))
        .render_derived()
    )

    result = (await conn.execute(select(is_number_of(rows.c.number, ["US", "DE"])))).scalars()

    assert list(result) == [False] * len(texts)
