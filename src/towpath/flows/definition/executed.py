"""What this release carries out. Everything else is kept verbatim and keeps a flow from going live.

A kind joins its set in the change that adds its step to the engine.
"""

from typing import Final

EXECUTED_TRIGGERS: Final = frozenset({"metric"})

EXECUTED_ACTIONS: Final = frozenset(
    {
        "conditional-split",
        "send-internal-alert",
        "time-delay",
        "trigger-split",
        "update-profile",
    }
)
