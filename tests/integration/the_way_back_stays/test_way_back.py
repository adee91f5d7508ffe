"""The way back stays: a rollback needs nothing but the server, and says what is missing there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from bad_input.expect import edit
from own_registry import OwnRegistry
from stage import Stage
from workspace import Ended, Workspace, make_workspace


def rollback(stage: Stage, *flags: str) -> Ended:
    return stage.inv("rollback", "--env", "staging", *flags)


def release_two(stage: Stage, registry: OwnRegistry) -> tuple[str, str]:
    """Deploy two versions, an image each; return the images."""
    images = []
    for _ in range(2):
        tag = stage.next_tag()
        images.append(registry.image(tag))
        stage.release(tag, WEB_IMAGE=images[-1])
    return images[0], images[1]


def test_the_registry_is_gone(stage: Stage, registry: OwnRegistry) -> None:
    release_two(stage, registry)
    before = f"v{stage.number - 1}"
    with stage.scenario("the registry is gone, and a rollback is typed") as scenario:
        registry.stop()
        scenario.ends(rollback(stage), 0, f"(tag {before}) serves")
        registry.start()
        scenario.serves(before)
        scenario.status(f"tag {before}")


def test_the_image_is_gone_everywhere(stage: Stage, registry: OwnRegistry) -> None:
    image, _ = release_two(stage, registry)
    before = f"v{stage.number - 1}"
    with stage.scenario("a rollback is typed to an image that is gone everywhere") as scenario:
        containers = stage.containers()
        digest = drop(stage, image)
        registry.fails("gone")
        ended = rollback(stage, "--to", before)
        registry.works()
        scenario.ends(ended, 1, f"{image}@{digest}", "`inv releases`", "`inv deploy --tag`")
        scenario.serves(scenario.old)
        assert stage.containers() == containers
        assert stage.left() == stage.tidy


def drop(stage: Stage, image: str) -> str:
    """Remove an image from the server, with all its names; return its digest."""
    listed = stage.on_server(
        f"docker image inspect --format '{{{{.ID}}}} {{{{index .RepoDigests 0}}}}' {image}"
    )
    identity, digest = listed.split()
    stage.on_server(f"docker rmi --force {identity}")
    assert not is_here(stage, identity)
    return digest.partition("@")[2]


ITS_OWN = """
cd {root}
for file in $(grep -oh 'files/[0-9a-f]*' {release}/compose.yaml | sort -u); do
    grep -q $file current/compose.yaml || rm -r $file
done
"""
DAMAGES = [
    ("a file that it mounts is gone", ITS_OWN, "files/"),
    pytest.param(
        *("its compose.yaml is gone", "rm {release}/compose.yaml", "compose.yaml is gone"),
        marks=pytest.mark.thorough,
    ),
    pytest.param(
        *("its compose.yaml is cut", "echo '{{' >{release}/compose.yaml", "cannot be read"),
        marks=pytest.mark.thorough,
    ),
]


@pytest.mark.parametrize(("damage", "how", "what"), DAMAGES)
def test_its_files_are_damaged(stage: Stage, damage: str, how: str, what: str) -> None:
    with stage.edited("web.py", ("A web server", f"A web server of which {damage}")):
        stage.release(stage.next_tag())
    before, id_before = stage.tag, stage.current()["id"]
    stage.release(stage.next_tag())
    with stage.scenario(f"a rollback is typed to a release, and {damage}") as scenario:
        containers = stage.containers()
        release = f"{stage.root}/releases/{id_before}"
        stage.on_server(how.format(release=release, root=stage.root))
        ended = rollback(stage, "--to", before)
        scenario.ends(ended, 1, id_before, "its files are damaged", what, "`inv deploy --tag`")
        scenario.serves(scenario.old)
        assert stage.containers() == containers


@pytest.mark.thorough
def test_pruning_keeps_what_is_kept(stage: Stage, registry: OwnRegistry) -> None:
    images = []
    for _ in range(4):
        images.append(registry.image(stage.next_tag()))
        stage.release(f"v{stage.number}", WEB_IMAGE=images[-1])
    oldest = f"v{stage.number - 2}"
    with stage.scenario("unused images are pruned, and the registry is gone") as scenario:
        stage.on_server("docker image prune --force")
        registry.stop()
        assert [is_here(stage, image) for image in images] == [False, True, True, True]
        ended = rollback(stage, "--to", oldest)
        registry.start()
        scenario.ends(ended, 0, f"(tag {oldest}) serves")
        scenario.serves(oldest)


def is_here(stage: Stage, image: str) -> bool:
    return stage.on_server(f"docker image inspect {image} >/dev/null 2>&1 && echo yes") == "yes\n"


@pytest.fixture
def neighbour(stage: Stage, tmp_path: Path) -> Iterator[Workspace]:
    """An app of another Unix user, in a folder that nobody else can read."""
    user = f"u{stage.app}"
    stage.on_server(
        f"useradd --create-home --groups docker {user} && usermod -p '*' {user} &&"
        f" cp -a /home/deploy/.ssh /home/{user}/ && chown -R {user}: /home/{user} &&"
        f" chmod 700 /home/{user}"
    )
    found = make_workspace(stage.sandbox, tmp_path / "checkout", f"n{stage.app}")
    edit(found.folder / "deploy.toml", "deploy@", f"{user}@")
    edit(found.folder / "deploy.toml", 'url = "http', f'root = "/home/{user}"\nurl = "http')
    yield found
    found.remove()
    stage.on_server(f"userdel --remove {user}")


@pytest.mark.thorough
def test_another_user_needs_the_image(
    stage: Stage, registry: OwnRegistry, neighbour: Workspace
) -> None:
    image = registry.image("shared")
    stage.release(stage.next_tag(), WEB_IMAGE=image)
    for tag in ("v1", "v2"):
        ended = neighbour.deploy(tag, **({"WEB_IMAGE": image} if tag == "v1" else {}))
        assert ended.code == 0, ended.all
    for _ in range(3):
        stage.release(stage.next_tag())
    with stage.scenario("an image is pruned that another user's app needs") as scenario:
        registry.stop()
        ended = neighbour.inv("rollback", "--env", "staging")
        registry.start()
        scenario.ends(ended, 0, "(tag v1) serves")
        scenario.serves(scenario.old)
        assert neighbour.serving() == "v1"
