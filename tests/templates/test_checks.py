"""What is said about a template before it is used: syntax with its place, alerts, names."""

import pytest

from towpath import templates
from towpath.templates import ForbiddenTag


@pytest.mark.parametrize(
    ("source", "line", "column", "words"),
    [
        ("Hello\n  {% if x %}\nyou", 2, 3, "'if' is not closed with 'endif'"),
        ("{{ x|lookup: 'a' }}", 1, 1, "right after a colon"),
        ("a\r\nb {{ x|nothing }}", 2, 3, "no filter 'nothing'"),
        ("\n\n{% elsif x %}", 3, 1, "no tag 'elsif'"),
        ("{% if x %}\n{% elsif y %}{% endif %}", 2, 1, "expected 'elif', 'else' or 'endif'"),
        ("{% if x %}{% else %}{% elif y %}{% endif %}", 1, 1, "after 'else'"),
        ("{% if x %}{% else %}{% else %}{% endif %}", 1, 1, "after 'else'"),
        ("{% if x %}{% endif y %}", 1, 1, "takes nothing after 'endif'"),
        ("{% if x = 1 %}{% endif %}", 1, 1, "="),
        ("{% if %}{% endif %}", 1, 1, "Unexpected end of expression"),
        ("x {{ }}", 1, 3, "Empty variable tag"),
        ("x {%  %}", 1, 3, "Empty block tag"),
        ("{{ a b }}", 1, 1, "Could not parse the remainder"),
        ("{{ 'a }}", 1, 1, "Could not parse"),
        ("{{ a|upper:1 }}", 1, 1, "takes no argument"),
        ("{{ a|append }}", 1, 1, "needs an argument"),
        ("{{ a..b }}", 1, 1, "empty step"),
        ("{{ _('a') }}", 1, 1, "translated"),
        ("{% if _('a' %}{% endif %}", 1, 1, "underscores: '_'"),
        ("{{ a|default:_('b') }}", 1, 1, "translated"),
        ("{% for x of y %}{% endfor %}", 1, 1, "'for item in list'"),
        ("{% for x.y in z %}{% endfor %}", 1, 1, "cannot be the name"),
        ("{% for x in y %}", 1, 1, "'for' is not closed"),
        ("{% endfor %}", 1, 1, "no tag 'endfor'"),
        ("{% with x %}{% endwith %}", 1, 1, "'with' takes assignments"),
        ("{% with x=1 y %}{% endwith %}", 1, 1, "'with' takes assignments"),
        ("{% cycle %}", 1, 1, "'cycle' needs values"),
        ("{% cycle row %}", 1, 1, "no cycle named 'row'"),
        ("{% now %}", 1, 1, "takes 1 argument, not 0"),
        ("{% today 'a' 'b' %}", 1, 1, "takes 0 to 1 argument"),
        ("{% today 'a' as b.c %}", 1, 1, "cannot be a name"),
        ("{% widthratio 1 2 %}", 1, 1, "takes 3 arguments, not 2"),
        ("{% coupon_code %}", 1, 1, "takes 1 argument"),
        ("{% templatetag x %}", 1, 1, "takes one of openblock"),
        ("{% autoescape maybe %}{% endautoescape %}", 1, 1, "takes on or off"),
        ("{% verbatim\tx %}{{ a }}{% endverbatim %}", 1, 1, "written as 'verbatim'"),
        ("{% comment %}", 1, 1, "'comment' is not closed"),
        ("\n {% catalog x %}{% endcatalog %}", 2, 2, "'catalog' needs a product catalog"),
        ("{{ 1e999 }}", 1, 1, "too large"),
    ],
)
def test_a_syntax_error_says_where_it_is(source: str, line: int, column: int, words: str) -> None:
    with pytest.raises(templates.TemplateSyntax) as caught:
        templates.check(source, autoescape=True)

    assert (caught.value.line, caught.value.column) == (line, column)
    assert words in caught.value.message
    assert caught.value.meta == {"line": line, "column": column}
    assert caught.value.detail.endswith(f"(line {line}, column {column})")


@pytest.mark.parametrize(
    "tag",
    [
        "include 'a'",
        "extends 'a'",
        "load x",
        "debug",
        "url 'x'",
        "csrf_token",
        "lorem 9",
        "block x",
        "ssi 'x'",
        "regroup a by b as c",
        "filter upper",
        "render_variable preview_text",
    ],
)
def test_tags_outside_the_allow_list_do_not_exist(tag: str) -> None:
    with pytest.raises(templates.TemplateSyntax, match=f"no tag '{tag.split(maxsplit=1)[0]}'"):
        templates.check("{% " + tag + " %}", autoescape=True)


@pytest.mark.parametrize("name", ["pprint", "random", "json_script", "resplit", "unordered_list"])
def test_filters_outside_the_allow_list_do_not_exist(name: str) -> None:
    with pytest.raises(templates.TemplateSyntax, match=f"no filter '{name}'"):
        templates.check("{{ x|" + name + " }}", autoescape=True)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("{{ first_name }} static coupon SUMMER10", []),
        ("a\n{% coupon_code 'Summer' %}", [("coupon_code", 2)]),
        (
            "{% catalog x %}\n{{ catalog_item.title }}{% endcatalog %}",
            [("catalog", 1), ("catalog_item", 2)],
        ),
        ("{% for i in feeds.Best %}{% endfor %}", [("feeds", 1)]),
        ("{{ web_feeds.x }}", [("web_feeds", 1)]),
        ("{% web_view 'x' %}{% web_view_link %}", [("web_view", 1), ("web_view_link", 1)]),
        ("{% manage_preferences_link as x %}", [("manage_preferences_link", 1)]),
        ("\n\n{{ unsubscribe_link }}", [("unsubscribe_link", 3)]),
        ("{% if x %}{% else %}\n{% unsubscribe %}{% endif %}", [("unsubscribe", 2)]),
        ("{{ x|default:web_view_link|upper }}", [("web_view_link", 1)]),
        ("{% if a and not b|lookup:feeds.x %}{% endif %}", [("feeds", 1)]),
        ("{% with y=feeds.x %}{% endwith %}", [("feeds", 1)]),
        ("{% firstof a unsubscribe_link %}", [("unsubscribe_link", 1)]),
        ("{% cycle a feeds.b %}", [("feeds", 1)]),
        ("{% ifchanged feeds %}{% endifchanged %}", [("feeds", 1)]),
        ("{% for i in x %}{% empty %}{% unsubscribe %}{% endfor %}", [("unsubscribe", 1)]),
        (
            "{% spaceless %}{% autoescape off %}{% web_view %}{%endautoescape%}{%endspaceless%}",
            [("web_view", 1)],
        ),
        ("{% comment %}{% unsubscribe %}{% endcomment %}{# {{ feeds }} #}", []),
        ("{% verbatim %}{% unsubscribe %}{{ feeds }}{% endverbatim %}", []),
        ("{{ person.feeds }}{{ event.unsubscribe_link }}{{ unsubscribed_at }}", []),
        ("{% for feeds in event.Items %}{{ feeds.title }}{% endfor %}", []),
        ("{% with feeds=event.x %}{{ feeds.t }}{% endwith %}{{ feeds }}", [("feeds", 1)]),
    ],
)
def test_what_an_alert_must_not_use_is_named_with_its_line(
    source: str, found: list[tuple[str, int]]
) -> None:
    expected = [ForbiddenTag(name=name, line=line) for name, line in found]

    assert templates.forbidden_tags(source) == expected


def test_variables_are_the_names_that_the_data_must_have() -> None:
    source = """
        {{ first_name|default:person.nickname }} {{ event|lookup:'Order No'|lookup:'a' }}
        {% for item in event.Items %}{{ item.title }}{{ forloop.counter }}{% endfor %}
        {% with total=event.Total %}{{ total }}{% endwith %}
        {% today as day %}{{ day }}{% if True and organization.name == 'x' %}{% endif %}
        {% comment %}{{ hidden }}{% endcomment %}
    """

    assert templates.variables(source) == {
        "first_name",
        "person.nickname",
        "event.Order No.a",
        "event.Items",
        "event.Total",
        "organization.name",
    }
