"""Deploys Docker Compose apps to your own servers and can always undo it."""
