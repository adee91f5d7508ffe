"""Durations as Compose writes them: 1h5m30s20ms."""

import re

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|us|ns|h|m|s)")


def seconds(text: object, default: float) -> float:
    """Return a Compose duration in seconds; `default` where there is none."""
    if not isinstance(text, str) or not text:
        return default
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
