"""Files of people and events: CSV and NDJSON, row by row, bad rows named by their line.

A CSV cell that reads as a JSON number, `true` or `false` becomes one; an empty cell is missing. A
number with a leading zero or over 15 digits stays text: it is a postcode or an id.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO, TypeVar

from towpath.kit import json_values
from towpath.kit.errors import Invalid, Problem
from towpath.people.drafts import event_draft, metric_name, profile_draft
from towpath.people.model import ATTRIBUTES, LOCATION_TEXTS, EventDraft, ProfileDraft

LINE_CHARACTERS_MAX = 1_000_000
CELL_CHARACTERS_MAX = 200_000
IDENTIFIERS = ("external_id", "email", "phone_number")
EVENT_FIELDS = ("time", "value", "value_currency", "unique_id")
NOT_UTF8 = "The line is not UTF-8 text; save the file as UTF-8."
NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?([eE][+-]?[0-9]{1,2})?")

Draft = TypeVar("Draft", EventDraft, ProfileDraft)


class FileUnreadable(Invalid):
    """The file is neither CSV with a header line nor NDJSON, or its columns do not fit."""


class FileFormat(StrEnum):
    """How rows are written."""

    CSV = "csv"
    NDJSON = "ndjson"


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that is not taken: its line in the file, the field and what is wrong with it."""

    line: int
    field: str | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row as it stands in the file, named by our fields."""

    line: int
    values: Mapping[str, Any]


def file_format(path: Path) -> FileFormat:
    """Tell the format by the name: .csv, or .ndjson/.jsonl. Raises `FileUnreadable`."""
    match path.suffix.lower():
        case ".csv" | ".tsv" | ".txt":
            return FileFormat.CSV
        case ".ndjson" | ".jsonl":
            return FileFormat.NDJSON
        case suffix:
            raise FileUnreadable(f"{suffix!r} files are not read; use .csv or .ndjson.")


def read_rows(
    stream: TextIO, *, form: FileFormat, columns: Mapping[str, str]
) -> Iterator[Row | BadRow]:
    """Read rows; `columns` renames those of the file to our fields.

    `stream` decodes UTF-8 with `surrogateescape`, so that a line which is not UTF-8 is a bad row.
    Raises `FileUnreadable` when a CSV file has no header or lacks a renamed column.
    """
    if form is FileFormat.NDJSON:
        yield from _read_ndjson(stream, columns)
        return
    csv.field_size_limit(CELL_CHARACTERS_MAX)
    reader = csv.reader(stream)
    try:
        header = [columns.get(name.strip(), name.strip()) for name in next(reader, [])]
    except csv.Error as problem:
        raise FileUnreadable(f"Line 1: {problem}.") from None
    _check_header(header, columns)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            yield BadRow(line=line, field=None, detail=f"{problem}.")
            continue
        if not cells:
            continue
        if not _is_utf8("".join(cells)):
            yield BadRow(line=line, field=None, detail=NOT_UTF8)
            continue
        if len(cells) != len(header):
            detail = f"The row has {len(cells)} columns, the header {len(header)}."
            yield BadRow(line=line, field=None, detail=detail)
            continue
        pairs = zip(header, cells, strict=True)
        yield Row(line=line, values={name: cell for name, cell in pairs if cell.strip() != ""})


def read_events(
    rows: Iterable[Row | BadRow], *, metric: str | None, now: datetime
) -> Iterator[tuple[int, EventDraft] | BadRow]:
    """Turn rows into event drafts with their line; `metric` is for rows that name none."""

    def read(values: Mapping[str, Any]) -> EventDraft:
        name = values.get("metric", metric)
        if name is None:
            raise Invalid("The row names no metric, and no --metric is given.", pointer="/metric")
        fields = {key: values[key] for key in EVENT_FIELDS if key in values}
        if isinstance(fields.get("value"), str):
            fields["value"] = _typed(fields["value"])
        if "unique_id" in fields:
            fields["unique_id"] = str(fields["unique_id"])
        known = {"metric", "properties", *IDENTIFIERS, *EVENT_FIELDS}
        fields["properties"] = _properties(values, known)
        return event_draft(
            fields, profile=_person(values), metric_name=metric_name(name), service="api", now=now
        )

    return _drafts(rows, read)


def read_profile_rows(rows: Iterable[Row | BadRow]) -> Iterator[tuple[int, ProfileDraft] | BadRow]:
    """Turn rows into profile drafts with their line; columns that are no field are properties."""

    def read(values: Mapping[str, Any]) -> ProfileDraft:
        fields = {key: str(values[key]) for key in (*IDENTIFIERS, *ATTRIBUTES) if key in values}
        location = {key: str(values[key]) for key in LOCATION_TEXTS if key in values}
        known = {"properties", *IDENTIFIERS, *ATTRIBUTES, *LOCATION_TEXTS}
        draft = profile_draft(
            {
                **fields,
                **({"location": location} if location else {}),
                "properties": _properties(values, known),
            }
        )
        if not draft.has_name:
            raise Invalid("The row has no email, phone_number or external_id.")
        return draft

    return _drafts(rows, read)


def _drafts(
    rows: Iterable[Row | BadRow], read: Callable[[Mapping[str, Any]], Draft]
) -> Iterator[tuple[int, Draft] | BadRow]:
    for row in rows:
        if isinstance(row, BadRow):
            yield row
            continue
        try:
            yield row.line, read(row.values)
        except Problem as problem:
            field = (problem.pointer or "").rpartition("/")[2] or None
            yield BadRow(line=row.line, field=field, detail=problem.detail)


def _person(values: Mapping[str, Any]) -> ProfileDraft:
    person = profile_draft({key: str(values[key]) for key in IDENTIFIERS if values.get(key)})
    if not person.has_name:
        raise Invalid("The row has no email, phone_number or external_id.")
    return person


def _properties(values: Mapping[str, Any], known: set[str]) -> dict[str, Any]:
    nested = values.get("properties", {})
    if not isinstance(nested, dict):
        raise Invalid("properties must be an object.", pointer="/properties")
    flat = {key: _typed(value) for key, value in values.items() if key not in known}
    return {**flat, **nested}


def _typed(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text in {"true", "false"}:
        return text == "true"
    if NUMBER.fullmatch(text):
        return int(text) if text.lstrip("-").isdigit() else float(text)
    return value


def _is_utf8(text: str) -> bool:
    """Say whether a text read with `surrogateescape` was UTF-8."""
    return text.isascii() or not any("\udc80" <= letter <= "\udcff" for letter in text)


def _check_header(header: list[str], columns: Mapping[str, str]) -> None:
    if not header:
        raise FileUnreadable("The file is empty; its first line names the columns.")
    if not _is_utf8("".join(header)):
        raise FileUnreadable("The file is not UTF-8 text; save it as UTF-8.")
    missing = sorted(name for name, field in columns.items() if field not in header)
    if missing:
        raise FileUnreadable(f"The file has no column {', '.join(map(repr, missing))}.")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise FileUnreadable(f"Two columns are named {', '.join(map(repr, twice))}; rename one.")
    if not any(name in header for name in IDENTIFIERS):
        raise FileUnreadable(
            "No column says who a row is about: name one email, phone_number or external_id, "
            "or map one of " + ", ".join(map(repr, header)) + " to it."
        )


def _read_ndjson(stream: TextIO, columns: Mapping[str, str]) -> Iterator[Row | BadRow]:
    for line, text in enumerate(stream, start=1):
        if not text.strip():
            continue
        if len(text) > LINE_CHARACTERS_MAX:
            detail = f"The line is longer than {LINE_CHARACTERS_MAX:,} characters."
            yield BadRow(line=line, field=None, detail=detail)
            continue
        if not _is_utf8(text):
            yield BadRow(line=line, field=None, detail=NOT_UTF8)
            continue
        try:
            value = json_values.decode(text.encode())
        except Problem as problem:
            yield BadRow(line=line, field=None, detail=problem.detail)
            continue
        if not isinstance(value, dict):
            yield BadRow(line=line, field=None, detail="The line is not a JSON object.")
            continue
        named = {columns.get(key, key): item for key, item in value.items() if item is not None}
        yield Row(line=line, values=named)
