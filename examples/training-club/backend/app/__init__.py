"""The Training Club API."""
