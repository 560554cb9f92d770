"""The filter language: what it reads, and how it says where it cannot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.web.api.filters import BadFilter, Operator, Term, parse_filter

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)


def summary(terms: list[Term]) -> list[tuple[str, str, list[tuple[str, bool]]]]:
    return [
        (term.operator.value, term.field, [(each.text, each.is_quoted) for each in term.values])
        for term in terms
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('equals(email,"a@b.test")', [("equals", "email", [("a@b.test", True)])]),
        ("equals(name,'it is')", [("equals", "name", [("it is", True)])]),
        (r'equals(name,"say \"hi\" \\ now")', [("equals", "name", [(r'say "hi" \ now', True)])]),
        ("any(id,['a','b'])", [("any", "id", [("a", True), ("b", True)])]),
        (
            "greater-than(created,2026-11-01T00:00:00+00:00)",
            [("greater-than", "created", [("2026-11-01T00:00:00+00:00", False)])],
        ),
        (
            "less-than(created,2026-11-01T00:00:00 02:00)",
            [("less-than", "created", [("2026-11-01T00:00:00+02:00", False)])],
        ),
        ("has(profile)", [("has", "profile", [])]),
        ("equals(messages.channel,'email')", [("equals", "messages.channel", [("email", True)])]),
        (
            "and( equals(a,1) , equals(b,true) ),less-or-equal(c,-2.5)",
            [
                ("equals", "a", [("1", False)]),
                ("equals", "b", [("true", False)]),
                ("less-or-equal", "c", [("-2.5", False)]),
            ],
        ),
    ],
)
def test_filters_are_read(text: str, expected: object) -> None:
    assert summary(parse_filter(text)) == expected


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("equals", 6),
        ("equals(", 7),
        ("equals(email", 12),
        ("equals(email,", 13),
        ('equals(email,"a', 13),
        ('equals(email,"a"', 16),
        ('equals(email,"a")x', 17),
        ("like(email,'a')", 0),
        ("any(email,'a')", 10),
        ("any(email,['a'", 14),
        ("any(email,[])", 11),
        ("equals(email,a@b.test)", 14),
        ("or(equals(a,1))", 0),
        ("and(" * 12 + "equals(a,1)" + ")" * 12, 44),
        (",".join(["equals(a,1)"] * 51), 0),
        ("any(a,[" + ",".join("1" * 101) + "])", 207),
        ("x" * 8_001, 0),
    ],
)
def test_what_cannot_be_read_is_named_by_its_place(text: str, position: int) -> None:
    with pytest.raises(BadFilter) as refused:
        parse_filter(text)

    assert refused.value.parameter == "filter"
    assert refused.value.meta == {"position": position}


@given(TEXTS, st.sampled_from("\"'"))
def test_any_text_in_quotes_comes_back(text: str, quote: str) -> None:
    written = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
    [term] = parse_filter(f"equals(name,{quote}{written}{quote})")

    assert term.values[0].text == text


@given(st.text(st.sampled_from("equals(any,[]\"'\\ 1T:-)and"), max_size=40) | TEXTS)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        terms = parse_filter(text)
    except BadFilter:
        return
    assert all(isinstance(term.operator, Operator) for term in terms)
