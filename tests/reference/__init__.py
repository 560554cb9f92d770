"""Slow, obvious interpreters that the real ones must agree with; they live only here."""
