"""Load on an app at `/`, over plain HTTP: `load.py ADDRESS PORT`, a process of its own."""

import sys

from deploy.sandbox.load import Load, Shape, serve


def shape(name: str, method: str, *, keep_alive: bool, body: bytes = b"") -> Shape:
    return Shape(name, method, "/", keep_alive=keep_alive, workers=1, pause=0.03, body=body)


SHAPES = (
    shape("GET, keep-alive", "GET", keep_alive=True),
    shape("GET, new connection", "GET", keep_alive=False),
    shape("POST, keep-alive", "POST", keep_alive=True, body=b"me"),
    shape("POST, new connection", "POST", keep_alive=False, body=b"me too"),
)

if __name__ == "__main__":
    serve(Load(sys.argv[1], int(sys.argv[2]), "guests", SHAPES, tls=False))
