"""RECOVER.md, which lies beside each snapshot: how it is put back without Slipway. Pure.

It needs age, zstd, tar and the database's own programs, and nothing of ours.
"""

from deploy.backup.snapshot import BY_HAND, Archive, Snapshot
from deploy.backup.sources.kinds import kind_of
from deploy.backup.sources.postgres import roles_first

SEALED, KEY = "key.age", "snapshot.key"


def files(snapshot: Snapshot) -> dict[str, str]:
    """Return what lies beside the archives for it: the page, and the sealed key."""
    return {BY_HAND: instructions(snapshot), SEALED: snapshot.sealed_key}


def instructions(snapshot: Snapshot) -> str:
    """Return the page for `snapshot`, in Markdown."""
    ordered = roles_first(snapshot.archives)
    archives = "\n".join(f"| `{one.name}` | {_holds(one)} |" for one in ordered)
    hashes = "\n".join(f"{one.stored.sha256}  {one.name}" for one in ordered)
    steps = "\n\n".join(_step(one) for one in ordered)
    return f"""# Putting snapshot {snapshot.id} back by hand

{snapshot.app}, environment {snapshot.environment}. Copy this folder of the store to a machine
with age, zstd, tar and Docker, and bring the private key of one of these public keys, here called
`team.key`:

{_bullets(snapshot.recipients)}

| file | what |
|---|---|
{archives}

## 1. See that nothing is damaged

```sh
sha256sum --check <<'SUMS'
{hashes}
SUMS
```

## 2. Unlock the snapshot's own key

```sh
age --decrypt --identity team.key {SEALED} >{KEY}
```

## 3. Open the archives

{steps}

Remove `{KEY}` when you are done.
"""


def _bullets(keys: tuple[str, ...]) -> str:
    return "\n".join(f"- `{key}`" for key in keys)


def _holds(archive: Archive) -> str:
    return kind_of(archive).holds(archive)


def _step(archive: Archive) -> str:
    what = _holds(archive)
    opened = f"age --decrypt --identity {KEY} '{archive.name}' | zstd --decompress"
    commands = "\n".join(kind_of(archive).by_hand(archive, opened))
    return f"{what[0].upper()}{what[1:]}:\n\n```sh\n{commands}\n```"
