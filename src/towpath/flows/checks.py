"""What is checked when a flow is saved: its alerts, their templates, and what to warn of."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import accounts, alerts, templates
from towpath.audiences.conditions import check_regexes
from towpath.flows import definition as definitions
from towpath.flows.definition import (
    Definition,
    InternalAlert,
    MetricTrigger,
    ReferenceKind,
    SendInternalAlert,
    Status,
)
from towpath.flows.queries import metric_ids
from towpath.kit.errors import Invalid, Problems

EVENT_NAME = "event"


async def save_problems(
    conn: AsyncConnection, *, account_id: UUID, parsed: Definition
) -> list[Invalid]:
    """Return why the alerts of a flow may not be saved in the editor or go manual or live.

    Recipients, sender, subject and message (alerts.md, Editing), then the templates: their syntax
    with line and column, and tags that an alert may not have, each named with its line.
    """
    settings = await accounts.settings_of(conn, account_id=account_id)
    problems = definitions.alert_problems(
        parsed, has_default_sender=settings.sender_email is not None
    )
    stored = await _stored_templates(conn, account_id=account_id, parsed=parsed)
    for message in _alerts_of(parsed):
        for field, source in _sources(message, stored):
            problems += _template_problems(
                source, pointer=f"{message.pointer}/{field}", field=field
            )
        if message.template_id is not None and message.template_id not in stored:
            problems.append(
                Invalid(
                    f"There is no template {message.template_id!r}; choose one that exists or "
                    "write the message here.",
                    pointer=f"{message.pointer}/template_id",
                    code="template_missing",
                )
            )
    return problems + await _bad_regexes(conn, parsed)


async def _bad_regexes(conn: AsyncConnection, parsed: Definition) -> list[Invalid]:
    """Name the patterns that PostgreSQL does not understand: they would fail every judgement."""
    regexes = [regex for groups in parsed.filters for regex in groups.regexes()]
    try:
        await check_regexes(conn, regexes)
    except Problems as several:
        return [one for one in several.problems if isinstance(one, Invalid)]
    return []


async def warnings_of(
    conn: AsyncConnection, *, account_id: UUID, parsed: Definition
) -> list[Invalid]:
    """Return what a flow's author should know: what keeps it from live, and what looks wrong."""
    found = [*definitions.warnings(parsed)]
    if definitions.flow_status(parsed) is not Status.LIVE:
        found += definitions.obstacles_to_live(parsed)
        found += await save_problems(conn, account_id=account_id, parsed=parsed)
    found += await unresolved_references(conn, account_id=account_id, parsed=parsed)
    if not isinstance(parsed.trigger, MetricTrigger):
        found += _events_without_trigger(parsed)
    found += await _unconfirmed(conn, account_id=account_id, parsed=parsed)
    return found


def _alerts_of(parsed: Definition) -> Iterator[InternalAlert]:
    for action in parsed.every_action():
        if isinstance(action.data, SendInternalAlert) and action.data.message is not None:
            yield action.data.message


async def _stored_templates(
    conn: AsyncConnection, *, account_id: UUID, parsed: Definition
) -> dict[str, templates.StoredTemplate]:
    wanted = {message.template_id for message in _alerts_of(parsed) if message.template_id}
    return await templates.stored_templates(
        conn, account_id=account_id, template_ids=sorted(wanted)
    )


def _sources(
    message: InternalAlert, stored: dict[str, templates.StoredTemplate]
) -> Iterator[tuple[str, str]]:
    for field, source in [
        ("subject_line", message.subject_line),
        ("html", message.html),
        ("text", message.text),
    ]:
        if source:
            yield field, source
    template = stored.get(message.template_id or "")
    if template is not None:
        for source in (template.html, template.text):
            if source:
                yield "template_id", source


def _template_problems(source: str, *, pointer: str, field: str) -> list[Invalid]:
    try:
        templates.check(source, autoescape=field == "html")
    except templates.TemplateSyntax as problem:
        return [Invalid(problem.detail, pointer=pointer, code=problem.code, meta=problem.meta)]
    return [
        Invalid(
            f"{tag.name!r} (line {tag.line}) cannot be used in an internal alert; remove it.",
            pointer=pointer,
            code="alert_forbidden_tag",
            meta={"tag": tag.name, "line": tag.line},
        )
        for tag in templates.forbidden_tags(source)
    ]


async def unresolved_references(
    conn: AsyncConnection, *, account_id: UUID, parsed: Definition
) -> list[Invalid]:
    """Name the metrics that do not exist here: nothing is found by them, nothing triggers."""
    named = [
        reference
        for reference in definitions.references(parsed)
        if reference.kind is ReferenceKind.METRIC
    ]
    found = await metric_ids(
        conn, account_id=account_id, names_or_ids=sorted({one.value for one in named})
    )
    return [
        Invalid(
            f"There is no metric {reference.value!r} in this account yet.",
            pointer=reference.pointer,
            code="unresolved_reference",
        )
        for reference in named
        if reference.value not in found
    ]


def _events_without_trigger(parsed: Definition) -> list[Invalid]:
    return [
        Invalid(
            "This flow is not started by an event, so what this takes from `event` is empty.",
            pointer=f"{message.pointer}/{field}",
            code="event_unavailable",
        )
        for message in _alerts_of(parsed)
        for field, source in _sources(message, {})
        if _reads_event(source)
    ]


def _reads_event(source: str) -> bool:
    try:
        names = templates.variables(source)
    except templates.TemplateSyntax:
        return False
    return any(name.split(".")[0] == EVENT_NAME for name in names)


async def _unconfirmed(
    conn: AsyncConnection, *, account_id: UUID, parsed: Definition
) -> list[Invalid]:
    """Warn of live alerts that nobody confirmed would get (alerts.md, Opt-in)."""
    listed = {
        action.id: (action.data.message.pointer, action.data.message.to_emails)
        for action in parsed.every_action()
        if action.status is Status.LIVE
        and isinstance(action.data, SendInternalAlert)
        and action.data.message is not None
    }
    addresses = {address for _, to_emails in listed.values() for address in to_emails}
    recipients = await alerts.recipients_by_address(
        conn, account_id=account_id, addresses=sorted(addresses)
    )
    confirmed = {
        alerts.fold(address)
        for address, one in recipients.items()
        if one.state is alerts.RecipientState.CONFIRMED
    }
    return [
        Invalid(
            "Nobody has confirmed yet: this alert is skipped until one of its recipients does.",
            pointer=f"{pointer}/to_emails",
            code="no_confirmed_recipient",
        )
        for pointer, to_emails in listed.values()
        if not confirmed & {alerts.fold(address) for address in to_emails}
    ]
