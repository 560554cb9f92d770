"""Any text compiles or is refused with its place; any plain data renders or is refused clearly."""

import time
from collections.abc import Mapping
from contextlib import suppress

from django.template.base import tag_re
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.templates.rendering import context
from towpath import templates
from towpath.templates.filters import FILTERS
from towpath.templates.render_parser import tag_spans
from towpath.templates.tags import TAGS

NAMES = ["first_name", "person", "event", "event.Items", "x", "x.0", "organization.name", "forloop"]
CLOSINGS = ["endif", "endfor", "endwith", "endcomment", "endverbatim", "endifchanged", "endcatalog"]
ENDINGS = [*CLOSINGS, "endspaceless", "endautoescape", "else", "elif x", "empty", "include 'a'"]

words = st.sampled_from(
    [
        *NAMES,
        *["as", "in", "and", "or", "not", "is", "==", "<", "=", ",", "1", "-2.5", "1e5", "on"],
        *["'a'", '"b c"', "'", '"', "_('a')", "a:b", "|", "silent", "reversed", "\\", "99999"],
    ]
)
filters = st.sampled_from(sorted(FILTERS)).flatmap(
    lambda name: st.sampled_from([f"|{name}", f"|{name}:'a'", f"|{name}:2", f"|{name}:x"])
)
expressions = st.tuples(words, st.lists(filters, max_size=3).map("".join)).map("".join)
tags = st.tuples(st.sampled_from([*sorted(TAGS), *ENDINGS]), st.lists(expressions, max_size=5)).map(
    lambda parts: "{% " + " ".join([parts[0], *parts[1]]) + " %}"
)
values = expressions.map("{{{{ {} }}}}".format)
soup = st.lists(
    st.one_of(
        tags,
        values,
        st.text(max_size=5),
        st.sampled_from(["{{", "}}", "{%", "%}", "{#", "#}", "\n", "<b>", "{% x", "\x00"]),
    ),
    max_size=12,
).map("".join)

# Templates that compile: whole blocks, so that rendering gets its share.
sound_values = st.tuples(
    st.sampled_from([*NAMES, "'a'", "2", "1.5"]), st.lists(filters, max_size=3).map("".join)
).map(lambda parts: "{{ " + "".join(parts) + " }}")
sound = st.recursive(
    st.one_of(sound_values, st.sampled_from(["text", "<p>", "{% cycle 1 x %}", "{% now 'Y' %}"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map("".join),
        inner.map("{{% for x in event.Items %}}{}{{% empty %}}none{{% endfor %}}".format),
        inner.map("{{% for x, y in event %}}{}{{% endfor %}}".format),
        inner.map("{{% if x == event or x > 1 %}}{}{{% endif %}}".format),
        inner.map("{{% with x=event.Items.0 %}}{}{{% endwith %}}".format),
        inner.map("{{% ifchanged %}}{}{{% endifchanged %}}".format),
    ),
    max_leaves=8,
)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**300), 10**300),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["2026-01-01", "2016-02-11T16:46:08-05:00", "<b>&", "1e400", "12.50", "%s"]),
)
plain = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=10,
)
data = st.dictionaries(st.sampled_from(["Items", "x", "first_name", "0", "a"]), plain, max_size=4)


def refusal(source: str) -> templates.TemplateSyntax | None:
    """Give the syntax error of a text, if any."""
    try:
        templates.check(source, autoescape=True)
    except templates.TemplateSyntax as problem:
        return problem
    return None


@given(source=soup)
@settings(max_examples=400, deadline=2_000, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_compiles_or_is_refused_with_its_place(source: str) -> None:
    problem = refusal(source)

    if problem is None:
        templates.forbidden_tags(source)
        templates.variables(source)
    else:
        lines = source.split("\n")
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1


@given(source=st.one_of(sound, soup), event=data, person=data)
@settings(max_examples=400, deadline=2_000, suppress_health_check=[HealthCheck.too_slow])
def test_any_plain_data_renders_or_is_refused_clearly(
    source: str, event: Mapping[str, object], person: Mapping[str, object]
) -> None:
    if refusal(source) is not None:
        return
    compiled = templates.compile(source, autoescape=True)

    with suppress(templates.TemplateRenderError):
        assert isinstance(compiled.render(context(event=event, person=person)), str)


@given(
    name=st.text(max_size=40), source=st.sampled_from(["{{ n }}", "{{ n|title }}{{ n|cut:'x' }}"])
)
def test_html_never_carries_markup_of_a_persons_property(name: str, source: str) -> None:
    person = {"n": f"<script>{name}</script>"}

    shown = templates.compile(source, autoescape=True).render(context(person=person))

    assert "<" not in shown
    assert ">" not in shown


@given(subject=st.text(max_size=60))
def test_a_subject_never_carries_control_characters(subject: str) -> None:
    line = templates.render_subject("{{ s }}", context(person={"s": subject}))

    assert line.isprintable() or not any(character in line for character in "\r\n\x00\x0b\x0c\x85")
    assert len(line.splitlines()) <= 1


@given(source=st.text(alphabet="{}%#\na ", max_size=60))
@settings(max_examples=300)
def test_tags_are_found_where_django_finds_them(source: str) -> None:
    assert list(tag_spans(source)) == [match.span() for match in tag_re.finditer(source)]


def test_a_small_template_renders_quickly() -> None:
    compiled = templates.compile(
        "Hello {{ first_name|default:'there' }}, {{ event.Items.0.title }} for "
        "{{ event|lookup:'$value' }}{% if visits > 5 %} and thank you{% endif %}.",
        autoescape=True,
    )
    moment = context()
    started = time.process_time()

    for _ in range(3_000):
        compiled.render(moment)

    assert time.process_time() - started < 1.0
