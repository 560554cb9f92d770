"""The CDNOW purchases, and what a flow over them must come to: no engine, a few lines."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "data" / "cdnow_sample.txt"
ORDER = "Placed Order"


@dataclass(frozen=True, slots=True)
class Purchase:
    """One row of the file, at its own second of its day."""

    customer: str
    time: datetime
    cds: int
    dollars: float
    unique_id: str


def purchases() -> list[Purchase]:
    """Return the rows in file order; rows of one customer and day get seconds in file order."""
    found = []
    seconds: dict[tuple[str, str], int] = defaultdict(int)
    for number, line in enumerate(DATA.read_text().splitlines()):
        _, customer, day, cds, dollars = line.split()
        midnight = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC)
        second = seconds[customer, day]
        seconds[customer, day] += 1
        found.append(
            Purchase(
                customer=customer,
                time=midnight + timedelta(seconds=second),
                cds=int(cds),
                dollars=float(dollars),
                unique_id=f"row-{number}",
            )
        )
    return found


def quiet_after_big_order(
    rows: list[Purchase], *, dollars: float, wait: timedelta
) -> list[tuple[str, datetime]]:
    """Return whom an alert is about and when: a big order, then nothing until the wait is over."""
    times: dict[str, list[datetime]] = defaultdict(list)
    for row in rows:
        times[row.customer].append(row.time)
    return sorted(
        (row.customer, row.time + wait)
        for row in rows
        if row.dollars >= dollars
        and not any(row.time < other <= row.time + wait for other in times[row.customer])
    )


def write_csv(path: Path, rows: list[Purchase]) -> None:
    """Write the purchases as the import command reads them."""
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["external_id", "metric", "time", "value", "unique_id", "cds"])
        for row in rows:
            writer.writerow(
                [row.customer, ORDER, row.time.isoformat(), row.dollars, row.unique_id, row.cds]
            )


def _value_at_least(dollars: float) -> dict[str, Any]:
    return {
        "type": "metric-property",
        "metric_id": ORDER,
        "field": "$value",
        "filter": {"type": "numeric", "operator": "greater-than-or-equal", "value": dollars},
    }


def _nothing_ordered_since() -> dict[str, Any]:
    return {
        "type": "profile-metric",
        "metric_id": ORDER,
        "measurement": "count",
        "measurement_filter": {"type": "numeric", "operator": "equals", "value": 0},
        "timeframe_filter": {"type": "date", "operator": "flow-start"},
    }


def _groups(condition: dict[str, Any]) -> dict[str, Any]:
    return {"condition_groups": [{"conditions": [condition]}]}


def quiet_flow(recipients: list[str], *, status: str = "live") -> dict[str, Any]:
    """Return: an order of $100 or more, 7 days, nothing ordered since, alert."""
    wait = {
        "temporary_id": "wait",
        "type": "time-delay",
        "links": {"next": "quiet"},
        "data": {"unit": "days", "value": 7, "timezone": "UTC"},
    }
    quiet = {
        "temporary_id": "quiet",
        "type": "conditional-split",
        "links": {"next_if_true": "alert", "next_if_false": None},
        "data": {"profile_filter": _groups(_nothing_ordered_since())},
    }
    message = {
        "from_email": "alerts@shop.example",
        "from_label": "Shop alerts",
        "to_emails": recipients,
        "subject_line": "{{ person.external_id }} has gone quiet",
        "text": "Customer {{ person.external_id }} spent {{ event|lookup:'$value' }} and has "
        "not come back.",
        "name": "Tell the shop",
    }
    alert = {
        "temporary_id": "alert",
        "type": "send-internal-alert",
        "links": {"next": None},
        "data": {"status": status, "message": message},
    }
    big_order = {"type": "metric", "id": ORDER, "trigger_filter": _groups(_value_at_least(100))}
    return {
        "name": "Big order, then quiet",
        "definition": {
            "triggers": [big_order],
            "profile_filter": None,
            "entry_action_id": "wait",
            "reentry_criteria": {"duration": 0, "unit": "alltime"},
            "actions": [wait, quiet, alert],
        },
    }
