"""Where backups lie."""
