"""gunicorn: one master, four uvicorn workers, replaced without a failed request."""

import os
import shutil
import tempfile

from gunicorn.arbiter import Arbiter

from app.logs import configuration

bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"  # a container that publishes no port

# Four processes share one CPU: one that computes does not keep the others from answering.
workers = int(os.environ.get("WEB_CONCURRENCY", "4"))
worker_class = "uvicorn_worker.UvicornWorker"

# Read the code once and fork: less memory for each worker, and wrong settings end the container at
# once instead of one worker after the other. Nothing connects before the fork: see database.py.
preload_app = True

# Workers say by a file that they live. On a disk that may block; the root is read-only besides.
worker_tmp_dir = "/dev/shm"  # noqa: S108 - the container's own, in memory
timeout = 30  # seconds of silence after which a worker hangs, and is replaced

# On SIGTERM no connection is accepted any more, and what is in flight is finished. Longer than the
# slowest request (10 s), shorter than stop_grace_period (30 s).
graceful_timeout = 25

# Longer than nginx keeps an idle connection (30 s), so that nginx closes first and never sends a
# request into a connection that is being closed.
keepalive = 75

# No worker is ever recycled: it would close idle connections into which nginx is just sending.
max_requests = 0

backlog = 2048  # connections that wait while all workers are busy
forwarded_allow_ips = "*"  # only nginx reaches this port: the network is internal
control_socket_disable = True  # nobody talks to gunicorn but by signals

# requests.py writes a line for each request, without /health.
accesslog = None
logconfig_dict = configuration(os.environ.get("LOG_LEVEL", "INFO"))

# Each worker counts in files of its own, and who answers /metrics adds them up: in the container's
# /tmp, which is in memory, in a folder that is new at each start. prometheus_client looks for the
# variable when it is imported: with the app, later.
counted = os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="metrics-")


def on_exit(_: Arbiter) -> None:
    shutil.rmtree(counted, ignore_errors=True)
