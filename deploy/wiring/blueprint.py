"""What the Compose files of an app want, and the release that a server is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from deploy.engine.base import Observation
from deploy.engine.compose.document import as_file
from deploy.engine.compose.engine import repository_of
from deploy.engine.compose.render import Place, images_of, render
from deploy.rollout.deploy import Draft
from deploy.rollout.release import Release, release_id
from deploy.rollout.run import holder_of

if TYPE_CHECKING:
    from deploy.wiring.app import App


@dataclass(frozen=True)
class ComposeBlueprint:
    """What the Compose files of an app want. `asked` tells whether the user named the tag."""

    app: "App"
    document: Mapping[str, Any] = field(repr=False)
    tag: str
    revision: str
    asked: bool = False
    refresh: bool = False

    @cached_property
    def images(self) -> frozenset[str]:
        """The image references of the Compose file."""
        return frozenset(images_of(self.document).values())

    @property
    def built(self) -> dict[str, str]:
        """The images that this checkout builds, by service."""
        images = images_of(self.document)
        return {n: images[n] for n, s in self.document["services"].items() if s.get("build")}

    @property
    def moving(self) -> frozenset[str]:
        """Images to ask the registry for again: a tag the user named may have been pushed anew."""
        if self.refresh:
            return self.images
        return frozenset(self.built.values()) if self.asked else frozenset()

    def draft(self, seen: Observation, pins: Mapping[str, str]) -> Draft:
        """Return the release as a server would run it, and its files."""
        app = self.app
        wake = app.settings.rollout.wake
        folder = app.settings.folder
        place = Place(app.project, app.root, app.checkout, folder, seen.kernel, wake)
        rendered = render(self.document, place, pins)
        release = Release(
            id=release_id(seen.now, self.revision),
            app=app.settings.app,
            environment=app.environment.name,
            revision=self.revision,
            tag=self.tag,
            created_at=seen.now,
            created_by=holder_of("", seen.now).owner,
            services=rendered.services,
            images={image: pins[image] for image in sorted(self.images) if image in pins},
            networks=rendered.networks,
        )
        there = f"releases/{release.id}"
        shipment = rendered.shipment
        shipment.write(f"{there}/compose.yaml", as_file(rendered.document))
        shipment.write(f"{there}/images", _image_list(release).encode())
        if app.environment.env_file:
            shipment.write(f"{there}/.env", app.environment.env_file.read_bytes())
        return Draft(release, shipment.tar())


def _image_list(release: Release) -> str:
    """Return one line an image: by digest, then by tag, as Docker lists them."""
    lines = []
    for reference, pinned in release.images.items():
        digest = pinned.partition("@")[2]
        lines.append(f"{repository_of(reference)}@{digest} {reference.partition('@')[0]}\n")
    return "".join(lines)
