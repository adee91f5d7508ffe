"""Facts of apps that know nothing of Slipway, as `docker compose config` would tell them."""

from typing import Any

from deploy.init import Draft, Facts, draft

FOLDER = "/home/me/shop"


def service(**keys: Any) -> dict[str, Any]:
    return {"networks": {"default": None}, **keys}


def built(folder: str = "web", **keys: Any) -> dict[str, Any]:
    return service(build={"context": f"{FOLDER}/{folder}", "dockerfile": "Dockerfile"}, **keys)


def port(target: int, published: int) -> dict[str, Any]:
    return {"target": target, "published": str(published), "protocol": "tcp", "mode": "ingress"}


def volume(name: str, target: str) -> dict[str, Any]:
    return {"type": "volume", "source": name, "target": target}


def bind(place: str, target: str, **keys: Any) -> dict[str, Any]:
    return {"type": "bind", "source": f"{FOLDER}/{place}".rstrip("/"), "target": target, **keys}


def facts(services: dict[str, Any], text: str = "", **more: Any) -> Facts:
    document = {"services": services, "networks": {"default": {"name": "shop_default"}}}
    return Facts("shop", "compose.yaml", text, {**document, **more.pop("top", {})}, FOLDER, **more)


def drafted(services: dict[str, Any], text: str = "", **more: Any) -> Draft:
    return draft(facts(services, text, **more))


def told(made: Draft) -> str:
    return "\n".join(f"{one.what}: {one.why} [{one.where}]" for one in made.choices)
