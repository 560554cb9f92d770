"""Towpath: self-hosted customer flows, internal alerts and a shared inbox."""

__version__ = "0.1.0"
