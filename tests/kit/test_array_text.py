"""Arrays sent as text arrive as the values that were given."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Double, Uuid, bindparam, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text, TypeEngine

from towpath.kit.array_text import ArrayText, array_literal

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
FIRST, LAST = datetime(1, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001 -- bounds have no zone
MOMENTS = st.datetimes(timezones=st.just(UTC), min_value=FIRST, max_value=LAST)
KINDS: list[tuple[TypeEngine[Any], st.SearchStrategy[Any]]] = [
    (Text(), TEXTS),
    (Uuid(), st.uuids()),
    (BigInteger(), st.integers(-(2**63), 2**63 - 1)),
    (Double(), st.floats(allow_nan=False)),
    (Boolean(), st.booleans()),
    (DateTime(timezone=True), MOMENTS),
    (Date(), st.dates(date(1, 1, 1))),
]


class Colour(StrEnum):
    RED = "red"


ARRAYS = st.sampled_from(KINDS).flatmap(
    lambda each: st.tuples(st.just(each[0]), st.lists(st.none() | each[1], max_size=5))
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ARRAYS)
async def test_values_arrive_as_they_were_given(
    conn: AsyncConnection, array: tuple[TypeEngine[Any], list[Any]]
) -> None:
    kind, values = array
    statement = select(bindparam("given", type_=ArrayText(kind)))

    [arrived] = (await conn.execute(statement, {"given": values})).scalars()

    assert list(arrived) == values


async def test_a_text_with_nul_is_refused_by_the_driver(conn: AsyncConnection) -> None:
    statement = select(bindparam("given", type_=ArrayText(Text())))

    with pytest.raises(DBAPIError, match="NUL"):
        await conn.execute(statement, {"given": ["a\x00b", "c"]})


def test_a_member_of_an_enumeration_is_its_text() -> None:
    assert array_literal([Colour.RED, True, 1, None]) == '{"red",t,1,NULL}'


def test_what_has_no_written_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        array_literal([object()])
    assert array_literal([UUID(int=0)]) == "{" + "0" * 32 + "}"
