"""Flow files: `{"name": …, "definition": {…}}`, or the definition alone."""

from dataclasses import dataclass

from towpath.flows.model import NAME_CHARACTERS_MAX
from towpath.kit.errors import Invalid


class FlowFileInvalid(Invalid):
    """A flow file holds {"name": …, "definition": {…}}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowFile:
    """A flow as it stands in a file; the definition is not read yet."""

    name: str
    definition: object


def read_flow_file(document: object, *, default_name: str) -> FlowFile:
    """Read the JSON of a flow file. Raises `FlowFileInvalid`."""
    if not isinstance(document, dict):
        raise FlowFileInvalid
    if "definition" not in document:
        if "triggers" in document and "actions" in document:
            return FlowFile(name=default_name, definition=document)
        raise FlowFileInvalid
    name = document.get("name", default_name)
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= NAME_CHARACTERS_MAX:
        raise FlowFileInvalid(
            f"A flow needs a name of 1 to {NAME_CHARACTERS_MAX} characters.", pointer="/name"
        )
    return FlowFile(name=name, definition=document["definition"])
