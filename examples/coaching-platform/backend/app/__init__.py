"""The Coaching Platform's API."""
