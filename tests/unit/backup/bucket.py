"""A bucket on this machine: a real HTTP server that answers what a catalog asks S3 for."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from backup.memory import Memory

from deploy.backup.keys import generate
from deploy.wiring import App, open_app

WRITTEN = "2026-01-02T00:00:00.000Z"
NAME = "bucket"


@contextmanager
def serving(objects: Mapping[str, bytes]) -> Iterator[str]:
    """Yield the endpoint of a bucket with these objects; what is asked for else is not there."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query, key = parse_qs(url.query), url.path.removeprefix(f"/{NAME}/")
            if "list-type" in query:
                self._say(200, _listed(objects, query.get("prefix", [""])[0]))
            elif key in objects:
                self._say(200, objects[key])
            else:
                self._say(404, b"")

        def _say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def _listed(objects: Mapping[str, bytes], prefix: str) -> bytes:
    found = "".join(
        f"<Contents><Key>{escape(key)}</Key><Size>{len(data)}</Size>"
        f"<LastModified>{WRITTEN}</LastModified></Contents>"
        for key, data in sorted(objects.items())
        if key.startswith(prefix)
    )
    return (
        f"<ListBucketResult><Name>{NAME}</Name><IsTruncated>false</IsTruncated>{found}"
        "</ListBucketResult>"
    ).encode()


def shop(folder: Path, endpoint: str, telling: str = "") -> App:
    """Return an app whose snapshots lie in that bucket; `telling` are further keys of `[backup]`.

    boto3 finds the credentials in the environment.
    """
    (folder / "compose.yaml").write_text("services: {}\n")
    (folder / "deploy.toml").write_text(
        f'app = "shop"\n[environments.staging]\nhosts = ["local"]\n'
        f'[backup]\nstore = "s3://{NAME}"\nendpoint = "{endpoint}"\npath_style = true\n'
        f'encrypt = ["{generate().public}"]\n{telling}'
    )
    return open_app(None, None, folder)


def objects_of(store: Memory) -> dict[str, bytes]:
    """Return what a store in memory holds, as `serving` takes it."""
    return {key: data for key, (data, _) in store.objects.items()}
