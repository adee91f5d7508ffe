"""Docker Compose on one machine, with `deploy.update_config` honoured as Swarm honours it."""
