"""Names, plain data, escaping and Django's own tags (flows.md §8)."""

import pytest

from tests.templates.rendering import context, html, text
from towpath import templates


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ first_name|default:'there' }}", "Ann"),
        ("{{ nickname|default:'there' }}", "there"),
        ("{{ person.first_name }} {{ person.email }}", "Ann ann@example.test"),
        ("{{ person|lookup:'Favourite Colour' }}", "blue"),
        ("{{ event.Items.0.title }}", "Tea &amp; Co"),
        ("{{ event|lookup:'Items'|lookup:'1'|lookup:'title' }}", "Pot"),
        ("{{ event|lookup:'$value' }}", "1234.5"),
        ("{{ organization.name }}", "Canal &amp; Sons"),
        ("{{ first_name | upper }}", "ANN"),
        ("{{ 'it\\'s' }} {{ 3 }} {{ 2.50 }}", "it's 3 2.5"),
    ],
)
def test_names_reach_the_data_of_person_event_and_organization(source: str, shown: str) -> None:
    assert html(source) == shown


@pytest.mark.parametrize(
    "source",
    [
        "{{ nobody }}",
        "{{ person.nobody.at.all }}",
        "{{ event.Items.7.title }}",
        "{{ nickname }}",
        "{{ nobody|upper }}",
        "{{ event|lookup:'Gone' }}",
        "{% if nobody %}x{% endif %}",
        "{% for x in nobody %}x{% endfor %}",
        "{{ first_name|lookup:nobody }}",
    ],
)
def test_a_missing_name_renders_empty(source: str) -> None:
    assert html(source) == ""


def test_event_renders_empty_outside_a_metric_flow() -> None:
    compiled = templates.compile("[{{ event }}{{ event.Items.0.title }}]", autoescape=True)

    assert compiled.render(context(event=None)) == "[]"


@pytest.mark.parametrize(
    "name",
    [
        "person.items",
        "person.keys",
        "person.get",
        "event.Items.append",
        "first_name.upper",
        "person.email.format",
        "event.totals.copy",
        "visits.real",
    ],
)
def test_methods_and_attributes_of_data_do_not_exist(name: str) -> None:
    assert html("{{ " + name + " }}") == ""


@pytest.mark.parametrize("name", ["person.__class__", "_x", "person._secret"])
def test_names_with_a_leading_underscore_are_refused(name: str) -> None:
    with pytest.raises(templates.TemplateSyntax, match="underscore"):
        templates.check("{{ " + name + " }}", autoescape=True)


def test_lookup_reaches_a_key_with_a_leading_underscore_but_no_attribute() -> None:
    assert html("{{ event|lookup:'_id' }}", _id=5) == "5"
    assert html("{{ event|lookup:'__class__' }}", _id=5) == ""


def test_a_property_named_like_a_method_is_read_as_data() -> None:
    assert html("{{ event.items.0 }}", items=["tea"]) == "tea"


def test_a_persons_property_cannot_take_the_place_of_the_event() -> None:
    person = {"event": "mine", "person": "mine", "organization": "mine", "True": "mine"}
    compiled = templates.compile(
        "{{ event.time }}{{ organization.name }}{% if True is True %}!{% endif %}",
        autoescape=False,
    )

    assert compiled.render(context(person=person, event={"time": "t"})) == "tCanal & Sons!"


def test_extra_names_are_given_by_the_caller() -> None:
    compiled = templates.compile("{{ profile_url }}", autoescape=False)

    assert compiled.render(context(extra={"profile_url": "https://x"})) == "https://x"


def test_markup_in_data_is_escaped_in_html_and_left_alone_in_text() -> None:
    source = "{{ markup }}"

    assert html(source) == "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;"
    assert text(source) == "<script>alert('x')</script>"


@pytest.mark.parametrize(
    "source",
    [
        "{{ markup|upper }}",
        "{{ markup|default:'x' }}",
        "{{ 'a'|append:markup }}",
        "{{ markup|append:'<b>' }}",
        "{{ '<i>'|concat:markup }}",
        "{{ '<i>'|add:markup }}",
        "{{ '%s'|stringformat:markup }}",
        "{{ 'a,b'|split:','|join:markup }}",
        "{{ event.list|join:'' }}",
        "{{ event.list|list_to_string }}",
        "{{ 'x|y'|find_replace:markup }}",
        "{{ nobody|default:markup }}",
        "{{ True|yesno:markup }}",
        "{% firstof markup %}",
        "{% cycle markup 'x' %}",
        "{% with x=markup %}{{ x }}{% endwith %}",
        "{% for x in event.list %}{{ x }}{% endfor %}",
        "{{ event.list }}",
        "{{ event }}",
        "{{ markup|linebreaks }}{{ markup|linebreaksbr }}{{ markup|urlize }}",
        "{{ markup|truncatechars_html:99 }}{{ markup|truncatewords_html:9 }}",
        "{% web_view markup %}",
        "{% web_view_link %}",
        "{% currency_format markup %}",
        "{% firstof markup as x %}{{ x }}",
        "{{ event.list|first }}{{ event.list|last }}{{ event.list|slice:':1' }}",
        "{% autoescape on %}{{ markup }}{% endautoescape %}",
    ],
)
def test_no_filter_or_tag_lets_markup_from_data_through(source: str) -> None:
    markup = "<script>alert('x')</script>"
    given = context(
        person={"markup": markup},
        event={"list": [markup, markup]},
        links={"web_view_link": f"https://x/{markup}"},
    )

    assert "<script" not in templates.compile(source, autoescape=True).render(given)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ markup|safe }}", "<script>alert('x')</script>"),
        ("{% autoescape off %}{{ markup }}{% endautoescape %}", "<script>alert('x')</script>"),
        ("{{ nobody|default:'<b>you</b>' }}", "<b>you</b>"),
        ("{{ '<b>'|append:'you</b>' }}", "<b>you</b>"),
    ],
)
def test_the_author_of_a_template_may_write_markup(source: str, shown: str) -> None:
    assert html(source) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "True"),
        (False, "False"),
        (None, ""),
        (0, "0"),
        (10**30, "1" + "0" * 30),
        (1234567.0, "1234567.0"),
        (12.5, "12.5"),
        (1e22, "1" + "0" * 22),
        (1.5e-7, "0.00000015"),
        (float("inf"), ""),
        (float("nan"), ""),
        ([1, "a", None], "[1, 'a', None]"),
        ({"a": 1.5}, "{'a': 1.5}"),
    ],
)
def test_values_are_shown_plainly(value: object, shown: str) -> None:
    assert text("{{ event.v }}", v=value) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{% if visits > 5 and is_vip %}a{% elif visits %}b{% else %}c{% endif %}", "a"),
        ("{% if visits > 9 %}a{% elif visits == 7 %}b{% else %}c{% endif %}", "b"),
        ("{% if not is_vip or visits < 5 %}a{% else %}c{% endif %}", "c"),
        ("{% if 'nn' in first_name and 'hot' in event.Items.0.tags %}a{% endif %}", "a"),
        ("{% if 'net' in event.totals and 'gross' not in event.totals %}a{% endif %}", "a"),
        ("{% if nickname is None and nobody is None and is_vip is not None %}a{% endif %}", "a"),
        ("{% if first_name < visits %}a{% else %}c{% endif %}", "c"),
        ("{% if event.Items > event.totals %}a{% else %}c{% endif %}", "c"),
        ("{% if first_name >= 'Ann' and visits <= 7.0 and visits != 8 %}a{% endif %}", "a"),
        ("{% if event.Items|length >= 2 %}a{% endif %}", "a"),
        ("{% if event.totals == event.totals %}a{% endif %}", "a"),
        ("{% if nobody and nobody or is_vip %}a{% endif %}", "a"),
        ("{% if event.totals in event.Items %}a{% else %}c{% endif %}", "c"),
    ],
)
def test_conditions(source: str, shown: str) -> None:
    assert text(source) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (
            (
                "{% for i in event.Items %}{{ forloop.counter }}/{{ forloop.revcounter0 }}"
                "{{ i.title }}{% if not forloop.last %}, {% endif %}{% empty %}none{% endfor %}"
            ),
            "1/1Tea & Co, 2/0Pot",
        ),
        ("{% for i in event.Items reversed %}{{ i.price }};{% endfor %}", "21.5;3;"),
        ("{% for i in nobody %}x{% empty %}none{% endfor %}", "none"),
        ("{% for k, v in event.totals %}{{ k }}={{ v }};{% endfor %}", "net=10;tax=2;"),
        ("{% for k, v in event.totals.items %}{{ k }}={{ v }};{% endfor %}", "net=10;tax=2;"),
        ("{% for k in event.totals %}{{ k }};{% endfor %}", "net;tax;"),
        ("{% for a, b in event.Items %}{{ a.title }}{{ b }};{% endfor %}", "Tea & Co;Pot;"),
        (
            (
                "{% for i in event.Items %}{% for t in i.tags %}"
                "{{ forloop.parentloop.counter }}{{ t }};{% endfor %}{% endfor %}"
            ),
            "1hot;1dry;",
        ),
        ("{% for i in event.Items %}{% cycle 'odd' 'even' %} {% endfor %}", "odd even "),
        ("{% cycle 'a' 'b' as r %}{% cycle r %}{{ r }}{% cycle r %}", "abba"),
        ("{% cycle 'a' 'b' as r silent %}{{ r }}", "a"),
        (
            "{% for i in '1121' %}{% ifchanged i %}{{ i }}{% else %}={% endifchanged %}{%endfor%}",
            "1=21",
        ),
        ("{% for i in '112' %}{% ifchanged %}{{ i }}{% endifchanged %}{% endfor %}", "12"),
        (
            (
                "{% for i in 'ab' %}{% for j in '1' %}{% ifchanged j %}{{ j }}{% endifchanged %}"
                "{% endfor %}{% endfor %}"
            ),
            "11",
        ),
        ("{% for i in 5 %}x{% endfor %}", ""),
    ],
)
def test_loops(source: str, shown: str) -> None:
    assert text(source) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{% with a=visits b=first_name|upper %}{{ a }}{{ b }}{% endwith %}{{ a }}", "7ANN"),
        ("{% with event.Items.1.title as t %}{{ t }}{% endwith %}", "Pot"),
        ("{% with x=nobody %}{{ x }}{% endwith %}", ""),
        ("a{% comment %}{% nonsense %}{{ x y }}{% endcomment %}b{# c #}", "ab"),
        ("{% verbatim %}{{ first_name }}{% if %}{% endverbatim %}", "{{ first_name }}{% if %}"),
        ("{% verbatim x %}{% endverbatim %}{% endverbatim x %}", "{% endverbatim %}"),
        ("{% spaceless %} <p> <b>a b</b> </p> {% endspaceless %}", "<p><b>a b</b></p>"),
        ("{% firstof nobody nickname 'you' %}{% firstof first_name %}", "youAnn"),
        ("{% firstof nobody 'you' as x %}<{{ x }}>", "<you>"),
        ("{% widthratio 175 200 100 %}{% widthratio 1 0 9 as w %}/{{ w }}", "88/0"),
        ("{% templatetag openblock %}{% templatetag closevariable %}", "{%}}"),
        ("{% autoescape off %}{{ '<' }}{% endautoescape %}", "<"),
    ],
)
def test_other_blocks_and_values(source: str, shown: str) -> None:
    assert text(source) == shown


def test_a_name_made_by_a_template_is_gone_in_the_next_rendering() -> None:
    person = {"row": "kept"}
    compiled = templates.compile("{{ row }}{% cycle 'a' 'b' as row %}", autoescape=False)

    assert [compiled.render(context(person=person)) for _ in range(2)] == ["kepta", "kepta"]
    assert person == {"row": "kept"}


def test_a_compiled_template_is_kept_and_renders_html_and_text_alike() -> None:
    source = "{{ markup|upper }}"

    first = templates.compile(source, autoescape=True)
    again = templates.compile(source, autoescape=False)

    assert again.nodes is first.nodes
    assert first.render(context()) != again.render(context())
