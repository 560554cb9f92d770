"""Writes of accounts, by what they change."""
