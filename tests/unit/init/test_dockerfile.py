"""What a Dockerfile tells."""

from deploy.init.dockerfile import read_dockerfile

TEXT = """\
ARG V=1
FROM --platform=$BUILDPLATFORM node:22-slim AS build
COPY . .
EXPOSE 9000
FROM nginx:alpine
EXPOSE 80 443/tcp
COPY --from=build /app /usr/share/nginx/html
HEALTHCHECK --interval=2s \\
  CMD curl localhost
FROM build AS dev
"""


def test_the_last_stage_counts_where_none_is_named() -> None:
    found = read_dockerfile(TEXT.removesuffix("FROM build AS dev\n"))

    assert (found.image, found.ports, found.healthcheck, found.copies_all) == (
        "nginx",
        (80, 443),
        True,
        False,
    )


def test_a_named_stage_has_what_it_is_made_from() -> None:
    for target in ("build", "dev"):
        found = read_dockerfile(TEXT, target)
        assert (found.image, found.ports, found.copies_all, found.shell) == (
            "node",
            (9000,),
            True,
            True,
        )


def test_scratch_has_no_shell() -> None:
    assert not read_dockerfile("FROM golang AS a\nFROM scratch\nCOPY --from=a /x /x").shell
    assert not read_dockerfile("").shell
