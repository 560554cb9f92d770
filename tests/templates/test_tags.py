"""The reference product's own tags: dates, money, links."""

import pytest

from tests.templates.rendering import context, html, text
from towpath import templates

LINKS = {
    "unsubscribe_link": "https://shop.test/u?a=1&b=2",
    "manage_preferences_link": "https://shop.test/p",
    "web_view_link": "https://shop.test/w",
    "coupon_code:Summer": "SUN-7",
}


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{% now 'Y-m-d H:i' %}", "2026-11-02 00:30"),
        ('{% now "jS F Y" as then %}<{{ then }}>', "<2nd November 2026>"),
        ("{% today %}", "2026-11-02"),
        ("{% today '%d/%m/%y' as today %}{{ today }}", "02/11/26"),
        ("{% today '%Y-%m-%d' as t %}{{ t|days_later:5|format_date_string|date:'M d' }}", "Nov 07"),
        ("{% today '%-m/%-d %H%%' %}", "11/2 00%"),
        ("{% current_year %}-{% current_month %}-{% current_day %}", "2026-11-2"),
        ("{% current_month_name %} {% current_weekday %}", "November Monday"),
    ],
)
def test_dates_are_of_the_renderings_moment_in_the_accounts_timezone(
    source: str, shown: str
) -> None:
    assert text(source) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{% currency_format event|lookup:'$value' %}", "€1,234.50"),
        ("{% currency_format event|lookup:'$value'|floatformat:2 %}", "€1,234.50"),
        ("{% currency_format '$40' %}", "$40"),
        ("{% currency_format nobody %}", ""),
        ("{% currency_format 3 as price %}{{ price|append:'!' }}", "€3.00!"),
    ],
)
def test_currency_format_writes_money_of_the_account(source: str, shown: str) -> None:
    assert text(source) == shown


@pytest.mark.parametrize("locale", ["de-DE", "de_DE"])
def test_currency_format_follows_the_accounts_locale(locale: str) -> None:
    given = templates.RenderContext(
        person={},
        event=None,
        organization={"currency": "PLN", "locale": locale},
        now=context().now,
        timezone=context().timezone,
    )
    compiled = templates.compile("{% currency_format 1234.5 %}", autoescape=False)

    assert compiled.render(given) == "1.234,50\xa0PLN"


@pytest.mark.parametrize("locale", ["xx_YY", "", "../../etc", "de_DE_POSIX_x"])
def test_an_unknown_locale_does_not_stop_a_message(locale: str) -> None:
    given = templates.RenderContext(
        person={},
        event=None,
        organization={"currency": "EUR", "locale": locale},
        now=context().now,
        timezone=context().timezone,
    )

    shown = templates.compile("{% currency_format 5 %}", autoescape=False).render(given)

    assert shown == "€5.00"


@pytest.mark.parametrize(
    ("source", "as_html", "as_text"),
    [
        (
            "{% unsubscribe 'Go <away>' %}",
            '<a href="https://shop.test/u?a=1&amp;b=2">Go &lt;away&gt;</a>',
            "Go <away>: https://shop.test/u?a=1&b=2",
        ),
        (
            "{% unsubscribe_link %}",
            "https://shop.test/u?a=1&amp;b=2",
            "https://shop.test/u?a=1&b=2",
        ),
        (
            "{% manage_preferences %}",
            '<a href="https://shop.test/p">Manage preferences</a>',
            "Manage preferences: https://shop.test/p",
        ),
        (
            "{% web_view %}",
            '<a href="https://shop.test/w">View in browser</a>',
            "View in browser: https://shop.test/w",
        ),
        ("{% coupon_code 'Summer' %}", "SUN-7", "SUN-7"),
        ("{% coupon_code 'Summer' as code %}[{{ code }}]", "[SUN-7]", "[SUN-7]"),
    ],
)
def test_link_tags_print_what_the_caller_supplies(source: str, as_html: str, as_text: str) -> None:
    given = context(links=LINKS)

    assert templates.compile(source, autoescape=True).render(given) == as_html
    assert templates.compile(source, autoescape=False).render(given) == as_text


@pytest.mark.parametrize(
    "tag",
    [
        "unsubscribe",
        "unsubscribe 'x'",
        "unsubscribe_link",
        "manage_preferences",
        "manage_preferences_link",
        "web_view",
        "web_view_link",
        "coupon_code 'Winter'",
    ],
)
def test_a_link_tag_without_a_supplied_value_is_an_error_that_names_it(tag: str) -> None:
    compiled = templates.compile("{% " + tag + " %}", autoescape=True)

    with pytest.raises(templates.TemplateRenderError, match=tag.split(maxsplit=1)[0]):
        compiled.render(context())


@pytest.mark.parametrize("format_", ["%99999999d", "%N", "%", "%Y" * 60, "%-d%q", "%--d"])
def test_today_takes_known_letters_only_at_save_and_from_data(format_: str) -> None:
    with pytest.raises(templates.TemplateSyntax, match="'today' takes a format"):
        templates.check("{% today '" + format_ + "' %}", autoescape=True)
    with pytest.raises(templates.TemplateRenderError, match="today takes a format"):
        html("{% today event.format %}", format=format_)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("Order\r\nBcc: all@example.test", "Order Bcc: all@example.test"),
        ("{{ event.x }}", "a b c d e f"),
        ("  {{ first_name }} & Co  ", "Ann & Co"),
        ("{{ markup }}", "<script>alert('x')</script>"),
        ("{% for i in event.long %}{{ i }}{% endfor %}", "xy" * 250),
    ],
)
def test_a_subject_is_one_line_without_control_characters(source: str, shown: str) -> None:
    event = {"x": "a\x00b\r\nc\u2028d\x85e\x7f\tf", "long": ["xy"] * 400}

    assert templates.render_subject(source, context(event=event)) == shown
