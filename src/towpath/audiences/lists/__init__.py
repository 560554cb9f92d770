"""Lists: who was put on them and since when."""
