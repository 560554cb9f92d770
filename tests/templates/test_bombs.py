"""Templates made to exhaust the worker: each is refused, or rendered, in bounded time."""

import inspect
import sys
import time
import tracemalloc
from collections.abc import Callable

import pytest

from tests.templates.rendering import context
from towpath import templates
from towpath.templates.render_limits import (
    BLOCK_NESTING_MAX,
    FILTERS_MAX,
    LOOP_ITERATIONS_MAX,
    OUTPUT_BYTES_MAX,
    SOURCE_CHARACTERS_MAX,
    TAGS_MAX,
    WIDTH_MAX,
)

# What a bomb may take of one core; without the limits they take minutes or all memory.
SECONDS_MAX = 4.0
MEMORY_BYTES_MAX = 10_000_000

NUMBERS = list(range(100_000))
LARGE = {f"key{index}": "v" * 10 for index in range(3_000)}


def _loop(body: str) -> str:
    return "{% for x in event.numbers %}" + body + "{% endfor %}"


def _outcome(source: str, event: dict[str, object]) -> str:
    """Say how a template ends: the message of its error, or an empty text when it renders."""
    started = time.process_time()
    try:
        templates.compile(source, autoescape=True).render(context(event=event))
        ending = ""
    except (templates.TemplateSyntax, templates.TemplateRenderError) as problem:
        ending = problem.detail
    assert time.process_time() - started < SECONDS_MAX
    return ending


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{" * (SOURCE_CHARACTERS_MAX // 2), ""),
        ("{%" * (SOURCE_CHARACTERS_MAX // 2), ""),
        ("{#{{{%" * (SOURCE_CHARACTERS_MAX // 6), ""),
        ("{{" * 100_000 + "}}", "at most 2,000 characters"),
        ("{{" * 524_288, "characters; the most is"),
        ("x" * (SOURCE_CHARACTERS_MAX + 1), "characters; the most is"),
        ("{{a}}" * (TAGS_MAX + 1), "more than 5,000 tags"),
        ("{% if x %}" * 10_000, "more than 5,000 tags"),
        ("{% if x %}" * 4_000, "nested more than 30 deep"),
        ("{% if x %}" * 2_000 + "{% endif %}" * 2_000, "nested more than 30 deep"),
        ("{% with a=1 %}" * 2_000, "nested more than 30 deep"),
        ("{% comment %}" * 4_000, "not closed"),
        ("{% if " + "not " * 5_000 + "x %}{% endif %}", "at most 2,000 characters"),
        ("{% if " + "not " * 300 + "x %}{% endif %}", "at most 100 words"),
        ("{% if " + "x or " * 300 + "x %}{% endif %}", "at most 100 words"),
        ("{{ a" + "|upper" * 3_000 + " }}", "at most 2,000 characters"),
        ("{{ a" + "|upper" * (FILTERS_MAX + 1) + " }}", "at most 20 filters"),
        ("{{ a" + ".b" * 900 + " }}", "at most 20 steps"),
        ("{{ a" + " " * 1_900 + "b }}" * 200, "spaces in a row"),
        ("{{ " + "9" * 1_900 + " }}", "too many digits"),
        ("{{ 'a'|center:999999999 }}", "asks for 999,999,999 characters"),
        ("{{ 'a'|ljust:'999999999' }}", "asks for 999,999,999 characters"),
        ("{{ 'a'|rjust:-999999999 }}", "asks for -999,999,999 characters"),
        ("{{ 'a'|rjust:9999999999999999999999999999999999999999 }}", "asks for"),
        ("{{ 'a'|center:" + "9" * 70 + " }}", "asks for"),
        ("{{ 'a'|truncatechars:999999999 }}", "asks for"),
        ("{{ 5|stringformat:'999999999s' }}", "at most 1,000 characters"),
        ("{{ 5|stringformat:'.999999999f' }}", "at most 1,000 characters"),
        ("{{ 5|floatformat:99999 }}", "at most 30 decimal places"),
        ("{{ 5|floatformat:'-99999u' }}", "at most 30 decimal places"),
        ("{{ 5|round:99999 }}", "at most 30 decimal places"),
        ("{% now '" + "r" * 1_900 + "' %}", "at most 100 characters"),
        ("{{ a|date:'" + "r" * 101 + "' }}", "at most 100 characters"),
        ("{% cycle " + "'" * 1_900 + " %}", "no cycle named"),
        ("{{ a|default:'" + "\\a" * 900 + " }}", "right after a colon"),
    ],
)
def test_a_bomb_in_the_text_is_refused_when_it_is_read(source: str, words: str) -> None:
    ending = _outcome(source, {})

    assert words in ending
    assert bool(words) == bool(ending)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            "".join(f"{{% for x{depth} in event.numbers %}}" for depth in range(6))
            + "x"
            + "{% endfor %}" * 6,
            "run more than 10,000 times",
        ),
        (_loop(""), "run more than 10,000 times"),
        (_loop("{{ x|add:1|add:1|add:1 }}" * 1_000), "too much work"),
        (_loop("{% if a and b and c or d %}{% endif %}" * 2_000), "too much work"),
        (_loop("x" * 400_000), "larger than 1,048,576 bytes"),
        (_loop("{% ifchanged %}" + "x" * 400_000 + "{% endifchanged %}"), "larger than"),
        (_loop("{% spaceless %}" + "<a> <b>" * 1_000 + "{% endspaceless %}"), "larger than"),
        (_loop("{% firstof " + "aaaaaaaa " * 90 + "%}"), "too much work"),
        (_loop("{% now '" + "r" * 100 + "' %}"), "larger than"),
        (_loop(("{{ event" + ".b" * 19 + " }}") * 20), "too much work"),
        (_loop("{% currency_format x %}" * 30), "too much work"),
        (_loop("{{ event.text|upper|length }}"), "too much work"),
        (_loop("{{ event.text|length }}"), "too much work"),
        (_loop("{{ event.tags|striptags|length }}"), "too much work"),
        (_loop("{{ event.tags|urlize|length }}"), "too much work"),
        (_loop("{{ event.tags|truncatewords_html:999|length }}"), "too much work"),
        (_loop("{{ event.tags|wordwrap:1|length }}"), "too much work"),
        (_loop("{{ event.text|sha_256 }}"), "too much work"),
        (_loop("{{ event.large|uniq|length }}"), "too much work"),
        (_loop("{{ event.numbers|slice:':9000'|sort|length }}"), "too much work"),
        (_loop("{% if event.large == event.same %}{% endif %}"), "too much work"),
        (_loop("{% if x in event.numbers %}{% endif %}"), "too much work"),
        (_loop("{% if 'b' in event.long %}{% endif %}"), "too much work"),
        (_loop("{% if event.long == event.long_too %}{% endif %}"), "too much work"),
        (_loop("{% if event.long >= event.long_too %}{% endif %}"), "too much work"),
        (_loop("{% ifchanged event.long %}{% endifchanged %}"), "longer than 100,000"),
        (_loop("{% if event.text in event.texts %}{% endif %}"), "too much work"),
        (_loop("{{ event.texts|sort|length }}"), "too much work"),
        (_loop("{% widthratio 1 x 9 as w %}{{ w|date:'Y' }}" * 20), "too much work"),
        (
            "{% with x='aaaaaaaaaaaaaaaaaaaaaaaa' %}"
            + "{% with x=x|add:x %}" * 28
            + "{{ x }}"
            + "{% endwith %}" * 29,
            "filter add is longer than 100,000 characters",
        ),
        (
            "{% with x=event.one %}"
            + "{% with x=x|add:x %}" * 20
            + "{{ x }}"
            + "{% endwith %}" * 21,
            "longer than 100,000 characters",
        ),
        (
            "{% with x=event.short %}"
            + "{% with x=x|concat:x %}" * 20
            + "{{ x|length }}"
            + "{% endwith %}" * 21,
            "more than 10,000 items",
        ),
        ("{{ 'aaaaaaaaaaaa'" + "|append:event.text" * 20 + " }}", "longer than 100,000"),
        ("{{ event.text|find_replace:'a|" + "b" * 1_900 + "' }}", "longer than 100,000"),
        ("{{ event.numbers|slice:':9999'|join:event.text }}", "longer than 100,000"),
        ("{{ event.numbers|join:'' }}", "longer than 100,000"),
        ("{{ event.long|upper }}", "longer than 100,000"),
        ("{{ event.text|striptags }}", "longer than 20,000"),
        ("{{ event.text|make_list|length }}", "more than 10,000 items"),
        ("{{ event.text|split:'a'|length }}", "more than 10,000 items"),
        ("{{ event.long }}", "larger than 1,048,576 bytes"),
        ("{{ event.deep }}", "nested more than 100 deep"),
        ("{{ event.digits }}", "too many digits"),
        ("{{ event.digit_list }}", "too many digits"),
        ("{{ 'a'|center:event.width }}", "asks for"),
        ("{{ 'a'|ljust:event.digits }}", "asks for"),
        ("{% now event.text %}", "at most 100 characters"),
        ("{{ 5|stringformat:event.wide }}", "at most 1,000 characters"),
        ("{{ 5|floatformat:event.width }}", "at most 30 decimal places"),
        ("{{ event.when|date:event.text }}", "at most 100 characters"),
    ],
)
def test_a_bomb_in_the_data_or_the_loops_is_stopped_while_rendering(
    source: str, words: str
) -> None:
    deep: list[object] = []
    for _ in range(3_000):
        deep = [deep]
    event: dict[str, object] = {
        "numbers": NUMBERS,
        "text": "a" * 99_000,
        "tags": "<a " * 6_000,
        "long": "a" * 5_000_000,
        "long_too": "a" * 4_999_999 + "b",
        "texts": ["a" * (98_900 + index) for index in range(50)],
        "one": [LARGE],
        "short": [1, 2],
        "large": [LARGE],
        "same": [dict(LARGE)],
        "deep": deep,
        "digits": 10**4_999,
        "digit_list": [10**4_999],
        "width": 10**9,
        "wide": "999999999s",
        "when": "2026-01-01",
    }

    assert words in _outcome(source, event)


@pytest.mark.parametrize(
    "expression",
    [
        "1" + "|multiply:1e60" * 19,
        "event.big|plus:event.big",
        "event.big|add:1",
        "1e300|floatformat:2",
        "event.big|stringformat:'d'",
        "event.exponent|multiply:1",
        "event.big|divisibleby:3",
        "event.big|filesizeformat",
        "event.big|get_digit:3",
        "event.exponent|round:2",
    ],
)
def test_numbers_without_end_come_to_nothing(expression: str) -> None:
    event: dict[str, object] = {"big": 10**299, "exponent": "1e999999999"}

    shown = templates.compile("{{ " + expression + " }}", autoescape=True).render(
        context(event=event)
    )

    assert len(shown) <= 300


def test_what_is_inside_the_limits_is_rendered() -> None:
    source = (
        "{% if first_name %}" * BLOCK_NESTING_MAX
        + "{{ 'a'|center:"
        + str(WIDTH_MAX)
        + "|length }}"
        + "{% endif %}" * BLOCK_NESTING_MAX
    )

    assert _outcome(source, {}) == ""
    assert _outcome(_loop("x"), {"numbers": list(range(LOOP_ITERATIONS_MAX))}) == ""
    assert _outcome("x" * SOURCE_CHARACTERS_MAX, {}) == ""
    assert _outcome("{{ event.t }}", {"t": "x" * OUTPUT_BYTES_MAX}) == ""


def test_the_output_is_measured_in_bytes() -> None:
    event: dict[str, object] = {"t": "\N{WOMAN}" * (OUTPUT_BYTES_MAX // 4 + 1)}

    assert "larger than" in _outcome("{{ event.t }}", event)


@pytest.mark.parametrize(
    "source",
    [
        "{{ event.text|find_replace:'a|" + "b" * 1_900 + "' }}",
        "{{ event.numbers|join:event.text }}",
        "{% for x in event.numbers %}{{ x }}" + "y" * 200_000 + "{% endfor %}",
        "{% with " + " ".join(f"x{n}=event.text|upper" for n in range(90)) + " %}{% endwith %}",
    ],
)
def test_a_bomb_is_stopped_before_its_result_is_made(source: str) -> None:
    event: dict[str, object] = {"text": "a" * 90_000, "numbers": list(range(9_000))}
    compiled = templates.compile(source, autoescape=False)

    tracemalloc.start()
    try:
        with pytest.raises(templates.TemplateRenderError):
            compiled.render(context(event=event))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak_bytes < MEMORY_BYTES_MAX


def _from_deep_down(frames: int, act: Callable[[], str]) -> str:
    return act() if frames == 0 else _from_deep_down(frames - 1, act)


def test_a_caller_with_little_stack_left_gets_a_clear_error() -> None:
    source = "{% if first_name %}" * BLOCK_NESTING_MAX + "{% endif %}" * BLOCK_NESTING_MAX
    compiled = templates.compile(source, autoescape=True)
    frames = sys.getrecursionlimit() - len(inspect.stack(0)) - 60

    with pytest.raises(templates.TemplateRenderError, match="nested too deeply"):
        _from_deep_down(frames, lambda: compiled.render(context()))
    with pytest.raises(templates.TemplateSyntax, match="nested too deeply"):
        _from_deep_down(frames, lambda: str(templates.compile(source + " ", autoescape=True)))


def test_a_limit_inside_a_condition_is_not_taken_for_false() -> None:
    source = "{% if event.text|add:event.text == 'x' %}{% endif %}ok"

    assert "longer than 100,000" in _outcome(source, {"text": "a" * 99_000})
