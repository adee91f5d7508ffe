"""From one release to the next, and the way back."""
