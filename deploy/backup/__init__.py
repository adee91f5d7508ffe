"""Snapshots: what is taken, where it lies, and what is kept."""
