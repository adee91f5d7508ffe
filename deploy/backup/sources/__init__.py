"""What yields bytes to back up: one file for each kind, all with the same verbs."""
