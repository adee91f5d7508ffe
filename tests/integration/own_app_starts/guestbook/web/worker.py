"""Counts the guests now and then."""

import time
from pathlib import Path

while True:
    page = Path("/pages/guests.txt")
    print(len(page.read_text().splitlines()) if page.exists() else 0, "guests")
    time.sleep(5)
