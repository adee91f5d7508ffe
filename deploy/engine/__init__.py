"""What runs containers on a machine."""
