"""What usually stands against an app: looked for on its machine, and said with what to do."""
