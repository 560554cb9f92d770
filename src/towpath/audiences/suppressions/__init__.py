"""Suppressions: who must not be sent marketing emails, whatever they agreed to."""
