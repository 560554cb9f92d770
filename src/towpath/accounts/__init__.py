"""Accounts: who owns the data, who may do what with it, and the trail of what they did."""

from towpath.accounts.operations import create_account

__all__ = ["create_account"]
