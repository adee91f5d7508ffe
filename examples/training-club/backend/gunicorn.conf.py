"""gunicorn, configured to be replaced without a failed request. Each value has its reason.

On SIGTERM the workers stop accepting, answer what is in flight, and end; only what outlives
`graceful_timeout` is cut.
"""

import os
import shutil
import tempfile

from gunicorn.arbiter import Arbiter

from app.logs import to_stdout

wsgi_app = "app.main:create_app()"
bind = "0.0.0.0:8000"

# Two processes: one goes on while the other is started again. Threads, since requests wait for
# MySQL and Redis. That is 32 connections a replica, of the 151 that MySQL takes: enough for two
# replicas, which are four during a rollout.
worker_class = "gthread"
workers = 2
threads = 16

# Longer than nginx keeps an idle upstream connection (30 s), so that nginx closes first.
keepalive = 75

# Longer than the slowest request (10 s), shorter than stop_grace_period (30 s).
graceful_timeout = 20

# A worker that has not said for so long that it lives is killed. Its threads may take longer.
timeout = 30

# Workers say so by touching a file: in memory, since the container's root is read-only, and a disk
# may be slow.
worker_tmp_dir = "/dev/shm"  # noqa: S108 - gunicorn makes the file's name itself

# Only nginx reaches this port: the network is internal.
forwarded_allow_ips = "*"

# It would be a socket in the home folder, which is not there.
control_socket_disable = True

# app/requests.py writes the access log, without health checks.
accesslog = None
logconfig_dict = to_stdout(os.environ.get("LOG_LEVEL", "INFO"))

# Each worker counts in files of its own, and who answers /metrics adds them up: in the container's
# /tmp, which is in memory, in a folder that is new at each start. prometheus_client looks for the
# variable when it is imported: with the app, later.
counted = os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="metrics-")


def on_exit(_: Arbiter) -> None:
    shutil.rmtree(counted, ignore_errors=True)
