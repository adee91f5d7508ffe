"""The Loc8 API: places, and where they are."""
