"""Who is told of a backup: people, a dead man's switch, Prometheus."""
