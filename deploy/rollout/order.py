"""Which services come first: each needs only what is there before it. Pure."""

from collections.abc import Mapping

from deploy.rollout.difference import Change


def all_needs(name: str, changes: Mapping[str, Change]) -> set[str]:
    """Return the names of all services that `name` depends on, directly or not."""
    found: set[str] = set()
    open_names = [name]
    while open_names:
        change = changes.get(open_names.pop())
        needs = change.service.depends_on if change and change.service else ()
        open_names += [need for need in needs if need not in found]
        found.update(needs)
    return found


def waves(changes: Mapping[str, Change]) -> list[list[Change]]:
    """Return the changes in waves: each needs only what an earlier wave has brought up."""
    rest, waves = dict(changes), []
    while rest:
        ready = [name for name in rest if not (all_needs(name, changes) - {name}) & set(rest)]
        ready = ready or list(rest)
        waves.append([rest.pop(name) for name in ready])
    return waves
