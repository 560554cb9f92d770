"""An alert's templates, read once, and what they make of one person and event."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from towpath import templates
from towpath.alerts.mail_text import html_from_text, text_from_html
from towpath.alerts.model import is_address
from towpath.alerts.ports import AlertContent
from towpath.messaging import Reason, Skip
from towpath.templates import RenderContext, StoredTemplate, TemplateRenderError, TemplateSyntax

# Sources are up to half a megabyte each, so few are kept; an account has few live alerts.
PREPARED_MAX: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An alert whose templates are compiled and hold nothing that is forbidden."""

    subject: str
    html: templates.Compiled | None
    text: templates.Compiled | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The content of one alert, both parts there, without footer."""

    subject: str
    html: str
    text: str


def prepare(content: AlertContent, stored: Mapping[str, StoredTemplate]) -> Prepared | Skip:
    """Compile what an alert says now, or say why it cannot be sent.

    The stored template counts when it is there; else the inline content, which an export carries
    beside it (flows.md §1).
    """
    if content.from_email is None or not is_address(content.from_email.strip()):
        return Skip(reason=Reason.INVALID_FROM_EMAIL)
    template = stored.get(content.template_id) if content.template_id else None
    html, text = (template.html, template.text) if template else (content.html, content.text)
    if not html and not text:
        return Skip(
            reason=Reason.UNABLE_TO_SEND_EMAIL,
            detail=f"There is no template {content.template_id}."
            if content.template_id
            else "The alert has no content.",
        )
    return _compile(content.subject or "", html or None, text or None)


@lru_cache(maxsize=PREPARED_MAX)
def _compile(subject: str, html: str | None, text: str | None) -> Prepared | Skip:
    """Compile and check again what was checked when it was saved: rules and templates change."""
    try:
        forbidden = [
            tag
            for source in (subject, html, text)
            if source is not None
            for tag in templates.forbidden_tags(source)
        ]
        if forbidden:
            return _unreadable(f"{forbidden[0].name} (line {forbidden[0].line}) is not for alerts.")
        templates.check(subject, autoescape=False)
        return Prepared(
            subject=subject,
            html=None if html is None else templates.compile(html, autoescape=True),
            text=None if text is None else templates.compile(text, autoescape=False),
        )
    except TemplateSyntax as problem:
        return _unreadable(problem.detail)


def write(prepared: Prepared, context: RenderContext) -> Written | Skip:
    """Render the parts of one alert; the part that has no template is made from the other."""
    try:
        subject = templates.render_subject(prepared.subject, context)
        html = None if prepared.html is None else prepared.html.render(context)
        text = None if prepared.text is None else prepared.text.render(context)
    except (TemplateSyntax, TemplateRenderError) as problem:
        return _unreadable(problem.detail)
    if html is None:
        assert text is not None
        return Written(subject=subject, html=html_from_text(text), text=text)
    return Written(subject=subject, html=html, text=text_from_html(html) if text is None else text)


def _unreadable(detail: str) -> Skip:
    return Skip(reason=Reason.EMAIL_SYNTAX_ERROR, detail=detail)
