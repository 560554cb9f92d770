"""Every filter of the allow-list: what it makes, and what it does with what it does not fit."""

from contextlib import suppress
from itertools import product

import pytest

from tests.templates.rendering import context, html, text
from towpath import templates
from towpath.templates.filters import FILTERS

LIST = [{"n": "b", "p": 2}, {"n": "A", "p": 10}, {"n": "c", "p": None}, {"n": "b", "p": 3}]
GIVEN: dict[str, object] = {
    "list": LIST,
    "words": ["pear", "Apple", None, "fig", "pear"],
    "numbers": [3, 1.5, 2],
    "when": "2016-02-11T16:46:08-05:00",
    "html": "<p>a &amp; <b>b</b></p>",
}

EXAMPLES = [
    # text
    ("'a\"b'|addslashes", 'a\\"b'),
    ("'hello'|append:' world'", "hello world"),
    ("'aGk='|base64_decode", "hi"),
    ("'%%'|base64_decode", ""),
    ("'hi'|base64_encode", "aGk="),
    ("'_-8='|base64_url_safe_decode", "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"),
    ("'a?>'|base64_url_safe_encode", "YT8-"),
    ("'ann'|capfirst", "Ann"),
    ("'ann'|capitalize", "Ann"),
    ("'a'|center:5", "  a  "),
    ("'a'|center:'5'", "  a  "),
    ("'banana'|cut:'an'", "ba"),
    ("'ANN'|downcase", "ann"),
    ("'<'|force_escape", "&lt;"),
    ("event.html|escape", "&lt;p&gt;a &amp;amp; &lt;b&gt;b&lt;/b&gt;&lt;/p&gt;"),
    ("event.html|escape_once", "&lt;p&gt;a &amp; &lt;b&gt;b&lt;/b&gt;&lt;/p&gt;"),
    ("'<a>'|escapejs", "\\u003Ca\\u003E"),
    ("'Hi, there,'|find_replace:',|-'", "Hi- there-"),
    ("'é'|iriencode", "%C3%A9"),
    ("'a'|linebreaks", "<p>a</p>"),
    ("event.none|linebreaksbr", ""),
    ("'a'|ljust:3|append:'|'", "a  |"),
    ("'ANN'|lower", "ann"),
    ("' a '|lstrip", "a "),
    ("'abc'|make_list|join:'-'", "a-b-c"),
    ("'a'|md5_hash", "0cc175b9c0f1b6a831c399e269772661"),
    ("'a'|newline_to_br", "a"),
    ("'world'|prepend:'hello '", "hello world"),
    ("'banana'|remove:'an'", "ba"),
    ("'banana'|remove_first:'an'", "bana"),
    ("'banana'|remove_last:'an'", "bana"),
    ("'banana'|replace_first:'an|_'", "b_ana"),
    ("'banana'|replace_last:'an|_'", "ban_a"),
    ("'a'|rjust:3", "  a"),
    ("' a '|rstrip", " a"),
    ("'<b>'|safe", "<b>"),
    ("'a'|sha_1", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
    ("'a'|sha_256", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
    ("'Tea & Co'|slugify", "tea-co"),
    ("'a,b'|split:','|last", "b"),
    ("' a  b '|split|length", "2"),
    ("5|stringformat:'03d'", "005"),
    ("2.5|stringformat:'.2f'", "2.50"),
    ("'a'|stringformat:'3s'", "  a"),
    ("'a'|stringformat:'d'", ""),
    ("'a'|stringformat:'c'", ""),
    ("' a '|strip", "a"),
    ("event.html|strip_html", "a &amp; b"),
    ("'<<b>script>x'|strip_html", "x"),
    ("'1 < 2 > 0'|strip_html", "1 < 2 > 0"),
    ("'a<!-- <b> -->c'|striptags", "ac"),
    ("'a'|strip_newlines", "a"),
    ("'my first post'|title", "My First Post"),
    ("' a '|trim", "a"),
    ("'hello world'|truncate:5", "hell…"),
    ("'short'|truncate", "short"),
    ("'hello'|truncatechars:3", "he…"),
    ("event.html|truncatechars_html:2", "<p>a…</p>"),
    ("'a b c'|truncatewords:2", "a b …"),
    ("event.html|truncatewords_html:1", "<p>a …</p>"),
    ("'<![a<![a<![a'|truncatechars_html:9", "<![a<![a…"),
    ("'<![a <![a <![a'|truncatewords_html:2", "<![a <![a …"),
    ("'a'|upcase", "A"),
    ("'a'|upper", "A"),
    ("'a%20b%2B'|urldecode", "a b+"),
    ("'a+b'|urldecodeplus", "a b"),
    ("'a b/c&'|urlencode", "a%20b/c%26"),
    ("'a/b'|urlencode:''", "a%2Fb"),
    ("'a b/'|urlencodeplus", "a+b%2F"),
    ("'abc.com'|urlize", '<a href="http://abc.com" rel="nofollow">abc.com</a>'),
    ("'www.abc.com'|urlizetrunc:5", '<a href="http://www.abc.com" rel="nofollow">www.…</a>'),
    ("'a b'|wordcount", "2"),
    ("'aa bb'|wordwrap:2", "aa\nbb"),
    # numbers
    ("-1.2|abs", "1.2"),
    ("-3|abs", "3"),
    ("1|at_least:5.0", "5.0"),
    ("7|at_least:5.0", "7"),
    ("1|at_most:-1.0", "-1.0"),
    ("5.01|ceil", "6.0"),
    ("'10'|divide:'2'", "5.0"),
    ("1|divide:0", ""),
    ("21|divisibleby:7", "True"),
    ("21|divisibleby:0", ""),
    ("123456|filesizeformat", "120.6\xa0KB"),
    ("1|floatadd:1.1", "2.1"),
    ("0.1|plus:0.2", "0.3"),
    ("34.26|floatformat", "34.3"),
    ("34.0|floatformat", "34"),
    ("34|floatformat:3", "34.000"),
    ("34.0|floatformat:'-3'", "34"),
    ("6666.6666|floatformat:'2g'", "6,666.67"),
    ("1e22|floatformat:0", "1" + "0" * 22),
    ("-0.001|floatformat:2", "0.00"),
    ("'5.0003'|floatformat:2", "5.00"),
    ("'five'|floatformat:2", ""),
    ("1|floatformat:'x'", ""),
    ("1.1|floatsub:1", "0.1"),
    ("5.9|floor", "5.0"),
    ("123|get_digit:2", "2"),
    ("123|get_digit:9", "0"),
    ("'abc'|get_digit:1", "abc"),
    ("3|gt:2", "True"),
    ("3|gte:3", "True"),
    ("3|lt:2", "False"),
    ("3|lte:'x'", ""),
    ("3|minus:1", "2.0"),
    ("-5|modulo:2", "1.0"),
    ("'10'|multiply:'2'", "20.0"),
    ("'ten'|multiply:2", "0.0"),
    ("'.25'|percentize:2", "25.00%"),
    ("0.256|percentize", "26%"),
    ("5|remainder:2", "1.0"),
    ("5.05|round", "5.0"),
    ("5.055|round:2", "5.06"),
    ("5.129|round_down:2", "5.12"),
    ("5.123|round_up:2", "5.13"),
    ("event.numbers|sum_list", "6.5"),
    # lists and choices
    ("4|add:'2'", "6"),
    ("4.9|add:2.9", "6"),
    ("'a'|add:'b'", "ab"),
    ("event.numbers|add:event.words|length", "8"),
    ("event.numbers|add:1", ""),
    ("event.words|compact|join:','", "pear,Apple,fig,pear"),
    ("'hello'|concat:' world'", "hello world"),
    ("event.numbers|concat:event.numbers|length", "6"),
    ("event.numbers|count", "3"),
    ("'hello'|count", "5"),
    ("''|default:'x'", "x"),
    ("event.none|default_if_none:'x'", ""),
    ("None|default_if_none:'x'", "x"),
    ("event.list|dictfilter:'p>2'|map:'n'|join:','", "A,b"),
    ("event.list|dictfilter:'p>=10'|length", "1"),
    ("event.list|dictfilter:'nonsense'|length", "0"),
    ("event.list|dictsort:'p'|map:'n'|join:','", "b,b,A,c"),
    ("event.list|dictsortreversed:'p'|map:'n'|join:','", "c,A,b,b"),
    ("event.numbers|first", "3"),
    ("''|first", ""),
    ("event.words|join:' & '", "pear & Apple &  & fig & pear"),
    ("event.numbers|last", "2"),
    ("event.numbers|length", "3"),
    ("7|length", "0"),
    ("event.words|compact|list_to_string", "pear, Apple, fig and pear"),
    ("event.list|list_where:'n=b'|length", "2"),
    ("event|lookup:'numbers'|lookup:1", "1.5"),
    ("event.list|map:'n'|join:''", "bAcb"),
    ("'a.png'|missing_image", "a.png"),
    ("event.none|missing_product_image|slice:':14'", "data:image/gif"),
    ("2|pluralize", "s"),
    ("1|pluralize:'y,ies'", "y"),
    ("event.numbers|reverse|join:','", "2,1.5,3"),
    ("'abc'|reverse", "cba"),
    ("event.words|safeseq|length", "5"),
    ("event.numbers|size", "3"),
    ("event.numbers|slice:':2'|join:','", "3,1.5"),
    ("'hello'|slice:'1:3'", "el"),
    ("event.numbers|slice:'::0'", ""),
    ("event.numbers|sort|join:','", "1.5,2,3"),
    ("event.list|sort:'n'|map:'n'|join:''", "Abbc"),
    ("event.words|compact|sort_natural|first", "Apple"),
    ("event.words|uniq|length", "4"),
    ("event.list|uniq:'n'|length", "3"),
    ("True|yesno", "yes"),
    ("False|yesno:'a,b'", "b"),
    # dates
    ("event.when|format_date_string|date:'F d, o'", "February 11, 2016"),
    ("event.when|format_date_string|date:'m-d-Y g:i a'", "02-11-2016 4:46 p.m."),
    ("event.when|date", "Feb. 11, 2016"),
    ("'soon'|date:'Y'", ""),
    ("event.when|datetime_from_string|time:'H:i'", "16:46"),
    ("event.when|time", "4:46 p.m."),
    ("'2026-03-18'|days_later:5", "2026-03-23"),
    ("'03-18-2026'|days_later:-18", "2026-02-28"),
    ("'2026-03-18T10:00:00'|days_later:1", "2026-03-19T10:00:00"),
    ("'2026-03-18'|days_later:99999999", ""),
    ("'2026-10-31'|timesince", "1\xa0day, 23\xa0hours"),
    ("'2026-11-08'|timeuntil:'2026-11-01'", "1\xa0week"),
    ("'2026-10-01'|weeks_since", "4"),
    ("'2026-10-01'|weeks_since:'2026-10-08'", "1"),
]


@pytest.mark.parametrize(("expression", "shown"), EXAMPLES)
def test_what_a_filter_makes(expression: str, shown: str) -> None:
    assert text("{{ " + expression + " }}", **GIVEN) == shown


def test_every_filter_has_an_example() -> None:
    used = " ".join(expression for expression, _ in EXAMPLES)
    used = used.replace(":", " ").replace("|", " ")

    assert set(FILTERS) - set(used.split()) == set()


ODD: dict[str, object] = {
    "text": "\N{WOMAN}\x00",
    "mapping": {"a": 1},
    "negative": -7,
    "fraction": 0.5,
    "list": [1, "a", None, [2]],
    "none": None,
    "huge": 10**299,
    "tiny": 1e-300,
    "digits": "9" * 5000,
}


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_no_filter_fails_on_data_of_another_type(name: str) -> None:
    arguments = [f":event.{key}" for key in ODD] if FILTERS[name].argument != "none" else [""]

    for value, argument in product(ODD, arguments):
        compiled = templates.compile(f"{{{{ event.{value}|{name}{argument} }}}}", autoescape=True)
        with suppress(templates.TemplateRenderError):
            assert isinstance(compiled.render(context(event=ODD)), str)


def test_text_with_line_breaks() -> None:
    given = {"t": "a\r\nb\n\nc <"}

    assert html("{{ event.t|linebreaksbr }}", **given) == "a<br>b<br><br>c &lt;"
    assert html("{{ event.t|linebreaks }}", **given) == "<p>a<br>b</p>\n\n<p>c &lt;</p>"
    assert html("{{ event.t|strip_newlines }}", **given) == "abc &lt;"


def test_adding_numbers_is_exact_over_a_loop() -> None:
    source = "{{ 0.1" + "|plus:0.1" * 9 + " }}"

    assert text(source) == "1.0"
