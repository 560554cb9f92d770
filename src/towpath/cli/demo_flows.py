"""The flows of the demo, in the public definition JSON."""

from typing import Any, Final

ORDER: Final = "Placed Order"
SURVEY: Final = "Answered Survey"
SENDER: Final = "alerts@harbour-coffee.example"
TEAM: Final = {
    "confirmed": "sam@harbour-coffee.example",
    "unconfirmed": "rosa@harbour-coffee.example",
    "opted_out": "ben@harbour-coffee.example",
}

ORDER_TEXT: Final = """\
<div style="font: 15px/22px sans-serif">
<h2>{{ first_name|default:'A customer' }} spent {{ event|lookup:'$value'|floatformat:2 }} €</h2>
<p>{{ person.email }}{% if person.location.city %}, {{ person.location.city }}{% endif %}</p>
<ul>{% for item in event.Items %}<li>{{ item }}</li>{% endfor %}</ul></div>
"""

SURVEY_TEXT: Final = """\
<div style="font: 15px/22px sans-serif">
<h2>{{ first_name|default:'A customer' }} gave us {{ event.score }} of 10</h2>
<p>“{{ event.comment }}”</p>
<p>Write to {{ person.email }} today.</p></div>
"""

QUIET_TEXT: Final = """\
<p style="font: 15px/22px sans-serif">
{{ first_name|default:'A customer' }} placed a big order a week ago and has not come back.
A good moment for a word of thanks: {{ person.email }}</p>
"""


def _alert(name: str, subject: str, html: str) -> dict[str, Any]:
    return {
        "temporary_id": "alert",
        "type": "send-internal-alert",
        "links": {"next": None},
        "data": {
            "status": "draft",
            "message": {
                "from_email": SENDER,
                "from_label": "Harbour Coffee alerts",
                "to_emails": list(TEAM.values()),
                "subject_line": subject,
                "html": html,
                "name": name,
            },
        },
    }


def _value_at_least(amount: int) -> dict[str, Any]:
    return {
        "type": "metric-property",
        "metric_id": ORDER,
        "field": "$value",
        "filter": {"type": "numeric", "operator": "greater-than-or-equal", "value": amount},
    }


def _any(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"condition_groups": [{"conditions": list(conditions)}]}


def _flow(
    name: str, metric: str, trigger_filter: dict[str, Any], *actions: dict[str, Any], **more: Any
) -> dict[str, Any]:
    return {
        "name": name,
        "definition": {
            "triggers": [{"type": "metric", "id": metric, "trigger_filter": trigger_filter}],
            "profile_filter": None,
            "entry_action_id": actions[0]["temporary_id"],
            "reentry_criteria": {"duration": 0, "unit": "alltime"},
            "actions": list(actions),
            **more,
        },
    }


FLOWS: Final = (
    _flow(
        "Big order",
        ORDER,
        _any(_value_at_least(100)),
        _alert("Tell the team", "Big order from {{ first_name }}", ORDER_TEXT),
    ),
    _flow(
        "Unhappy customer",
        SURVEY,
        _any(
            {
                "type": "metric-property",
                "metric_id": SURVEY,
                "field": "score",
                "filter": {"type": "numeric", "operator": "less-than-or-equal", "value": 6},
            }
        ),
        _alert("Tell support", "{{ first_name }} is not happy", SURVEY_TEXT),
    ),
    _flow(
        "Big order, then quiet",
        ORDER,
        _any(_value_at_least(100)),
        {
            "temporary_id": "wait",
            "type": "time-delay",
            "links": {"next": "alert"},
            "data": {"unit": "days", "value": 7, "timezone": "profile"},
        },
        _alert("Remind the shop", "{{ first_name }} has not come back", QUIET_TEXT),
        profile_filter=_any(
            {
                "type": "profile-metric",
                "metric_id": ORDER,
                "measurement": "count",
                "measurement_filter": {"type": "numeric", "operator": "equals", "value": 0},
                "timeframe_filter": {"type": "date", "operator": "flow-start"},
            }
        ),
    ),
)
