"""The Transformation Coaching API."""
