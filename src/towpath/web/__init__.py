"""The web application: every feature's routes in one app, error pages, health, API reference."""

from towpath.web.app import create_app

__all__ = ["create_app"]
