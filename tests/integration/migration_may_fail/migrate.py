"""A migration that writes what it does into the store, and can go wrong. MODE says how."""

import os
import socket
import sys
import time

VERSION, MODE = os.environ["VERSION"], os.environ.get("MODE", "")


def note(word: str) -> None:
    with socket.create_connection(("store", 6379), timeout=5) as store:
        store.sendall(f'RPUSH migrations "{VERSION} {word}"\r\n'.encode())
        store.recv(100)


note("begun")
print("half-way", flush=True)
if MODE == "fails":
    sys.exit("MODE=fails: no second half today")
if MODE == "hangs":
    time.sleep(600)
if MODE == "slow":
    time.sleep(4)
note("done")
