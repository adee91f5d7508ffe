import copy
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.engine.compose.document import VALUE
from deploy.engine.compose.render import DEFINITION, UPSTREAMS, Place, Rendered, images_of, render
from deploy.errors import ComposeError

ROOT = "/opt/shop/test"
KERNEL = "6.8.0-45-generic"
PINS = {"shop/web:1": "shop/web:1@sha256:aa", "nginx:1.29": "nginx:1.29@sha256:bb"}
Document = dict[str, Any]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    folder = tmp_path / "compose" / "shop"
    folder.mkdir(parents=True)
    (tmp_path / "nginx").mkdir()
    (tmp_path / "nginx" / "nginx.conf").write_text("events {}\n")
    (folder / "upstreams").mkdir()
    (folder / "web.conf").write_text("one\n")
    return Place("shop-test", ROOT, tmp_path, folder, KERNEL)


@pytest.fixture
def document(place: Place) -> Document:
    return {
        "name": "shop-test",
        "x-common": {},
        "networks": {"default": {"name": "shop-test_default"}},
        "services": {
            "nginx": {
                "image": "nginx:1.29",
                "command": None,
                "ports": [{"mode": "ingress", "target": 80, "published": "80"}],
                "networks": {"default": None},
                "depends_on": {"web": {"condition": "service_started"}},
                "deploy": {"update_config": {"order": "start-first"}},
                "volumes": [
                    bind(place.checkout / "nginx", "/etc/nginx/conf", read_only=True),
                    bind(place.folder / "upstreams", UPSTREAMS, read_only=True),
                ],
            },
            "web": {
                "image": "shop/web:1",
                "build": {"context": "."},
                "environment": {"A": "1"},
                "expose": ["8000"],
                "networks": {"default": None},
                "deploy": {"replicas": 2, "update_config": {"order": "start-first"}},
                "volumes": [bind(place.folder / "web.conf", "/web.conf")],
            },
        },
    }


def bind(source: Path, target: str, *, read_only: bool = False) -> dict[str, Any]:
    mount = {"type": "bind", "source": str(source), "target": target, "bind": {}}
    return {**mount, "read_only": True} if read_only else mount


def rendered(document: Document, place: Place, kernel: str = KERNEL) -> Rendered:
    return render(document, replace(place, kernel=kernel), PINS)


def definition(document: Document, place: Place, name: str = "web") -> str:
    return rendered(document, place).services[name].definition


# --- images and files ---------------------------------------------------------------------------


def test_images_get_their_digest_and_build_stays_here(document: Document, place: Place) -> None:
    web = rendered(document, place).document["services"]["web"]

    assert web["image"] == "shop/web:1@sha256:aa"
    assert "build" not in web


def test_what_no_profile_brings_along_is_not_depended_on(document: Document, place: Place) -> None:
    needs = document["services"]["nginx"]["depends_on"]
    needs["cache"] = {"condition": "service_started", "required": False}
    found = rendered(document, place)
    assert list(found.document["services"]["rehearsal"].get("depends_on", {})) == []
    assert list(found.document["services"]["nginx"]["depends_on"]) == ["web"]


def test_an_image_without_a_known_digest_stays_as_it_is(document: Document, place: Place) -> None:
    assert render(document, place, {}).services["web"].image == "shop/web:1"


def test_the_definition_is_on_each_container(document: Document, place: Place) -> None:
    found = rendered(document, place)

    for name, service in found.services.items():
        assert found.document["services"][name]["labels"][DEFINITION] == service.definition


def test_extensions_are_not_sent(document: Document, place: Place) -> None:
    assert "x-common" not in rendered(document, place).document


def test_a_mounted_file_travels_along_under_its_content(document: Document, place: Place) -> None:
    found = rendered(document, place)

    source = found.document["services"]["web"]["volumes"][0]["source"]
    assert source.startswith(f"{ROOT}/files/")
    assert source.endswith("/web.conf")
    with tarfile.open(fileobj=io.BytesIO(found.shipment.tar())) as archive:
        assert source.removeprefix(f"{ROOT}/") in archive.getnames()
        assert any(name.endswith("/nginx/nginx.conf") for name in archive.getnames())


def test_a_writable_folder_stays_on_the_server(document: Document, place: Place) -> None:
    uploads = place.folder / "data" / "uploads"
    uploads.mkdir(parents=True)
    document["services"]["web"]["volumes"] = [
        bind(uploads, "/uploads"),
        bind(place.checkout / "elsewhere", "/elsewhere"),
        bind(Path("/etc/ssl"), "/etc/ssl", read_only=True),
        {"type": "volume", "source": "cache", "target": "/cache"},
    ]

    found = rendered(document, place)

    sources = [mount["source"] for mount in found.document["services"]["web"]["volumes"]]
    assert sources == [f"{ROOT}/data/data/uploads", f"{ROOT}/data/elsewhere", "/etc/ssl", "cache"]
    assert not [path for path in found.shipment.sources if "web" in path or "uploads" in path]


def test_a_file_that_is_not_there_is_refused(document: Document, place: Place) -> None:
    document["services"]["web"]["volumes"] = [bind(place.folder / "no", "/no", read_only=True)]

    with pytest.raises(ComposeError, match=r"services\.web\.volumes: .*/no is not there"):
        rendered(document, place)


@pytest.mark.parametrize("kind", ["configs", "secrets"])
def test_configs_and_secrets_travel_along(document: Document, place: Place, kind: str) -> None:
    document[kind] = {
        "mine": {"name": "mine", "file": str(place.folder / "web.conf")},
        "theirs": {"file": "/etc/hostname"},
        "word": {"environment": "WORD"},
    }

    found = rendered(document, place).document[kind]

    assert found["mine"]["file"].startswith(f"{ROOT}/files/")
    assert found["theirs"] == {"file": "/etc/hostname"}
    assert found["word"] == {"environment": "WORD"}


@pytest.mark.parametrize("kind", ["configs", "secrets"])
def test_what_a_variable_holds_is_mounted_as_a_file(
    document: Document, place: Place, kind: str
) -> None:
    def one(value: str) -> Rendered:
        document[kind] = {"word": {"name": "w", "environment": "WORD", VALUE: value}}
        document["services"]["web"][kind] = [{"source": "word", "target": "/run/word"}]
        return rendered(document, place)

    before, after = one("a word"), one("another")

    found = before.document[kind]["word"]
    assert set(found) == {"name", "file"}
    assert "a word" not in json.dumps(before.document)
    with tarfile.open(fileobj=io.BytesIO(before.shipment.tar())) as tar:
        entry = tar.getmember(found["file"].removeprefix(f"{ROOT}/"))
        content = tar.extractfile(entry)
        assert content is not None
        assert (content.read(), entry.mode) == (b"a word", 0o644)
    assert before.services["web"].definition != after.services["web"].definition
    assert before.services["nginx"].definition == after.services["nginx"].definition


def test_inline_content_makes_another_definition(document: Document, place: Place) -> None:
    def one(content: str) -> Rendered:
        document["configs"] = {"word": {"name": "w", "content": content}}
        document["services"]["web"]["configs"] = [{"source": "word", "target": "/w", "mode": 493}]
        return rendered(document, place)

    before, after = one("a word"), one("another")

    assert after.document["configs"]["word"]["content"] == "another"
    assert before.services["web"].definition != after.services["web"].definition
    assert before.services["nginx"].definition == after.services["nginx"].definition


def test_a_config_that_is_not_there_is_refused(document: Document, place: Place) -> None:
    document["configs"] = {"mine": {"file": str(place.folder / "no")}}

    with pytest.raises(ComposeError, match=r"configs\.mine: .*/no is not there"):
        rendered(document, place)


def test_a_service_without_an_image_cannot_be_deployed() -> None:
    assert images_of({"services": {"web": {"image": "a:1"}}}) == {"web": "a:1"}
    with pytest.raises(ComposeError, match=r"services\.web: it has no image name"):
        images_of({"services": {"web": {"build": "."}}})


def test_it_cannot_be_drafted_either(document: Document, place: Place) -> None:
    del document["services"]["web"]["image"]

    with pytest.raises(ComposeError, match=r"services\.web: it has no image name"):
        rendered(document, place)


@pytest.mark.parametrize(
    ("name", "message"),
    [("a" * 300, "a: it cannot be read: File name too long"), ("mem", "cannot be read: Input")],
)
def test_a_file_that_cannot_be_read_is_refused(
    document: Document, place: Place, name: str, message: str
) -> None:
    (place.folder / "mem").symlink_to("/proc/self/mem")
    document["services"]["web"]["volumes"] = [bind(place.folder / name, "/x", read_only=True)]

    with pytest.raises(ComposeError, match=message):
        rendered(document, place)


# --- the proxy and its edge ---------------------------------------------------------------------


def test_the_edge_owns_what_is_published(document: Document, place: Place) -> None:
    services = rendered(document, place).document["services"]

    assert services["edge"]["ports"] == document["services"]["nginx"]["ports"]
    assert services["edge"]["networks"] == {"default": {"aliases": ["nginx"]}}
    assert services["edge"]["entrypoint"][-2:] == ["shop-test", "nginx"]
    assert services["nginx"]["network_mode"] == "service:edge"
    assert not {"ports", "networks", "hostname"} & set(services["nginx"])


def test_what_is_exposed_is_the_edge_s_too_and_makes_no_other_edge(
    document: Document, place: Place
) -> None:
    before = definition(document, place, "edge")
    document["services"]["nginx"]["expose"] = ["9113"]

    services = rendered(document, place).document["services"]

    assert services["edge"]["expose"] == ["9113"]
    assert "expose" not in services["nginx"]
    assert definition(document, place, "edge") == before


def test_the_edge_keeps_the_image_it_runs_with(document: Document, place: Place) -> None:
    found = render(document, place, {**PINS, "edge": "nginx:1.28@sha256:old"})

    assert found.services["edge"].image == "nginx:1.28@sha256:old"
    assert found.services["nginx"].image == "nginx:1.29@sha256:bb"


def test_a_new_nginx_leaves_the_edge_alone(document: Document, place: Place) -> None:
    before = rendered(document, place)
    pins = {**PINS, "nginx:1.29": "nginx:1.29@sha256:new", "edge": before.services["edge"].image}
    (place.checkout / "nginx" / "nginx.conf").write_text("events { }\n")

    after = render(document, place, pins)

    assert after.services["edge"].definition == before.services["edge"].definition
    assert after.services["nginx"].definition != before.services["nginx"].definition


@pytest.mark.parametrize(
    ("kernel", "migrates"),
    [("6.8.0-45-generic", True), ("5.14.0", True), ("5.10.0-28-amd64", False), ("", False)],
)
def test_an_old_kernel_is_not_asked_for_what_it_lacks(
    document: Document, place: Place, kernel: str, *, migrates: bool
) -> None:
    edge = rendered(document, place, kernel).document["services"]["edge"]

    assert ("sysctls" in edge) is migrates


def test_the_rehearsal_is_a_copy_that_nobody_reaches(document: Document, place: Place) -> None:
    found = rendered(document, place)

    copied = found.document["services"]["rehearsal"]
    assert copied["image"] == "nginx:1.29@sha256:bb"
    assert copied["profiles"] == ["slipway"]
    assert copied["networks"] == {"default": None}
    assert not {"ports", "depends_on", "deploy", "network_mode"} & set(copied)
    assert "rehearsal" not in found.services


def test_upstreams_of_the_server_stand_where_local_ones_did(
    document: Document, place: Place
) -> None:
    services = rendered(document, place).document["services"]

    def mounted(name: str) -> list[str]:
        return [m["source"] for m in services[name]["volumes"] if m["target"] == UPSTREAMS]

    assert mounted("nginx") == [f"{ROOT}/upstreams"]
    assert mounted("rehearsal") == [f"{ROOT}/upstreams.next"]


def test_without_a_proxy_there_is_no_edge(document: Document, place: Place) -> None:
    del document["services"]["nginx"]

    assert set(rendered(document, place).document["services"]) == {"web"}


# --- what makes another definition --------------------------------------------------------------


def change(key: str, value: Any) -> Callable[[Document], None]:
    return lambda document: document["services"]["web"].update({key: value})


@pytest.mark.parametrize(
    "edit",
    [
        change("image", "shop/web:2"),
        change("environment", {"A": "2"}),
        change("command", ["serve"]),
        change("labels", {"a": "b"}),
        change("networks", {"default": {"aliases": ["shop"]}}),
        change("healthcheck", {"test": ["CMD", "true"]}),
        change("stop_grace_period", "1m"),
        change("volumes", []),
        change("deploy", {"resources": {"limits": {"memory": "64M"}}}),
    ],
)
def test_what_shapes_a_container_makes_another_definition(
    document: Document, place: Place, edit: Callable[[Document], None]
) -> None:
    before = definition(document, place)

    edit(document)

    assert definition(document, place) != before


@pytest.mark.parametrize(
    "edit",
    [
        change("deploy", {"replicas": 9, "update_config": {"order": "stop-first"}}),
        change("scale", 3),
        change("depends_on", {"nginx": {}}),
        change("expose", ["9000"]),
        change("build", {"context": "elsewhere"}),
        change("x-upstream", {"port": 9000}),
        change("pull_policy", "always"),
    ],
)
def test_what_does_not_shape_a_container_makes_no_other_definition(
    document: Document, place: Place, edit: Callable[[Document], None]
) -> None:
    before = definition(document, place)

    edit(document)

    assert definition(document, place) == before


def test_another_digest_makes_another_definition(document: Document, place: Place) -> None:
    before = definition(document, place)

    after = render(document, place, {"shop/web:1": "shop/web:1@sha256:cc"})

    assert after.services["web"].definition != before


def test_another_content_makes_another_definition_and_the_same_one_none(
    document: Document, place: Place
) -> None:
    before, other = definition(document, place), definition(document, place, "nginx")

    (place.folder / "web.conf").write_text("one\n")
    assert definition(document, place) == before
    (place.folder / "web.conf").write_text("two\n")

    assert definition(document, place) != before
    assert definition(document, place, "nginx") == other


def test_a_file_below_a_shipped_folder_counts_with_its_name_and_mode(
    document: Document, place: Place
) -> None:
    folder = place.checkout / "nginx"
    seen = [definition(document, place, "nginx")]
    (folder / "b.conf").write_text("b\n")
    seen.append(definition(document, place, "nginx"))
    (folder / "b.conf").rename(folder / "c.conf")
    seen.append(definition(document, place, "nginx"))
    (folder / "c.conf").chmod(0o755)
    seen.append(definition(document, place, "nginx"))

    assert len(set(seen)) == len(seen)


def test_rendering_changes_nothing_it_was_given(document: Document, place: Place) -> None:
    before = copy.deepcopy(document)

    rendered(document, place)

    assert document == before


yaml = st.recursive(
    st.text(max_size=5) | st.integers(0, 9) | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(environment=st.dictionaries(st.text(max_size=5), yaml, max_size=4), data=st.data())
def test_the_same_file_is_always_rendered_the_same(
    document: Document, place: Place, environment: Document, data: st.DataObject
) -> None:
    web = {**document["services"]["web"], "environment": environment}
    names = data.draw(st.permutations(list(web)))
    shuffled = {name: web[name] for name in names}
    first = {**document, "services": {**document["services"], "web": web}}
    second = {**document, "services": {"web": shuffled, "nginx": document["services"]["nginx"]}}

    one, two = rendered(first, place), rendered(second, place)

    assert one.services == two.services
    assert as_json(one) == as_json(two)
    assert one.shipment.tar() == two.shipment.tar()


def as_json(found: Rendered) -> str:
    return json.dumps(found.document, sort_keys=True)
