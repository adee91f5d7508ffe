"""Env files: fill in, compare, place."""
