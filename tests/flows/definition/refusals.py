"""What `parse` refuses, as pairs of pointer and sentence."""

from typing import Any

import pytest

from towpath.flows import definition


def refusals(document: Any) -> dict[str | None, str]:
    """Parse a document that must be refused, and return each pointer with what is said of it."""
    with pytest.raises(definition.DefinitionInvalid) as refused:
        definition.parse(document)
    return {problem.pointer: problem.detail for problem in refused.value.problems}
