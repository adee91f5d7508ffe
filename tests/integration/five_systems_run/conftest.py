"""The system whose life a class of tests tells."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from five_systems_run.system import System, alone, make_system
from five_systems_run.watched import ready_for, services_for

from deploy.sandbox import Sandbox

if TYPE_CHECKING:
    from five_systems_run.life import Life


@pytest.fixture(scope="class")
def system(
    request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    life: type[Life] = request.cls
    folder = tmp_path_factory.mktemp("system") / "checkout"
    with alone(sandbox, life.app):
        made = make_system(
            sandbox,
            folder,
            life.app,
            extras=(*life.extras, *services_for(life.databases)),
            env=life.env,
            on_servers=f"{ready_for(life.app)}; {life.on_servers}",
        )
        # Other systems may be watched on the same server meanwhile.
        made.environment["PROMETHEUS_PORT"] = str(made.http_port - 8000)
        made.environment["GRAFANA_PORT"] = str(made.https_port - 8000)
        yield made
        made.close()
