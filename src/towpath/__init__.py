"""Towpath: self-hosted customer flows and internal alerts."""

__version__ = "0.1.0"
