"""The tiny app with a migration, so that a deploy has every kind of step."""

import pytest
from stage import Stage

_MIGRATE = 'migrate = { service = "web", command = "true", timeout = "20s" }'


@pytest.fixture(scope="module")
def stage(stage: Stage) -> Stage:
    settings = stage.folder / "deploy.toml"
    settings.write_text(settings.read_text().replace("keep = 3", f"keep = 3\n{_MIGRATE}"))
    return stage
