"""What stands between the users and the replicas: plain nginx."""
