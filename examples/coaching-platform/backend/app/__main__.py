"""Serve: `python -m app`."""

from app.serve import serve

serve()
