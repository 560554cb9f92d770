"""Changes to a definition: each gives a new one, read again from its changed document."""

from collections.abc import Callable, Mapping

from towpath.flows.definition.documents import replace_at
from towpath.flows.definition.model import Definition, ReferenceKind, Status
from towpath.flows.definition.outline import RawAction, link_slots, raw_actions
from towpath.flows.definition.parsing import parse
from towpath.flows.definition.references import references


def with_status(definition: Definition, status: Status) -> Definition:
    """Set every action that has a status, variations included; delays and splits have none.

    An action without data has nothing to switch on and is left as it is.
    """
    document = definition.to_json()
    carriers = {one.pointer for one in definition.every_action() if one.status is not None}
    for action in raw_actions(document):
        data = action.value.get("data")
        if action.pointer in carriers and isinstance(data, dict):
            data["status"] = status.value
    return parse(document)


def with_ids(definition: Definition, id_for: Callable[[str], str]) -> Definition:
    """Give every action its real id and drop the `temporary_id`s (api.md §5.5.2).

    `id_for` is asked once per action with its id in this document, variations included; links,
    branches, the entry and the weights of A/B tests follow. Raises `DefinitionInvalid` when it
    gives one id to two actions.
    """
    document = definition.to_json()
    actions = list(raw_actions(document))
    ids: dict[str, str] = {}
    for action in actions:
        new_id = id_for(action.labels[0])
        ids.update(dict.fromkeys(action.labels, new_id))
    for action in actions:
        for _, slot in link_slots(action):
            if isinstance(slot.value, str):
                slot.replace(ids[slot.value])
        _rename_allocations(action, ids)
        _rename(action, ids[action.labels[0]])
    entry = document.get("entry_action_id")
    if isinstance(entry, str):
        document["entry_action_id"] = ids[entry]
    return parse(document)


def _rename(action: RawAction, new_id: str) -> None:
    """Put the id where the first of the two names stood; the other goes."""
    members = list(action.value.items())
    action.value.clear()
    for key, value in members:
        if key not in {"id", "temporary_id"}:
            action.value[key] = value
        else:
            action.value["id"] = new_id


def _rename_allocations(action: RawAction, ids: Mapping[str, str]) -> None:
    data = action.value.get("data")
    experiment = data.get("current_experiment") if isinstance(data, dict) else None
    weights = experiment.get("allocations") if isinstance(experiment, dict) else None
    if action.kind.has_variations and isinstance(experiment, dict) and isinstance(weights, dict):
        experiment["allocations"] = {ids.get(key, key): value for key, value in weights.items()}


def with_references(
    definition: Definition, ids: Mapping[tuple[ReferenceKind, str], str]
) -> Definition:
    """Put ids in place of what metrics, lists, segments and templates are called by.

    References that `ids` does not know stay as they are.
    """
    document = definition.to_json()
    for reference in references(definition):
        new_id = ids.get((reference.kind, reference.value))
        if new_id is not None:
            replace_at(document, reference.pointer, new_id)
    return parse(document)
