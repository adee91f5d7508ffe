"""RECOVER.md: it names every archive, its sum, and who can open it, and gives no secret away."""

import dataclasses

from backup.memory import snapshot_of

from deploy.backup import by_hand, keys

PAIR = keys.generate()
SNAPSHOT = snapshot_of("s1", key=PAIR)


def test_each_archive_is_there_with_its_sum_and_its_command() -> None:
    page = by_hand.instructions(SNAPSHOT)

    for archive in SNAPSHOT.archives:
        assert f"{archive.stored.sha256}  {archive.name}" in page
        assert f"--identity snapshot.key '{archive.name}' | zstd --decompress" in page
    assert "database `shop`, 3 rows" in page
    assert SNAPSHOT.recipients[0] in page


def test_roles_go_in_by_psql_and_before_what_names_them() -> None:
    dump, tar = SNAPSHOT.archives
    roles = dataclasses.replace(dump, form="pg-roles", name="db.roles.sql.zst.age", facts={})

    page = by_hand.instructions(dataclasses.replace(SNAPSHOT, archives=(dump, roles, tar)))

    step = "'db.roles.sql.zst.age' | zstd --decompress | docker exec -i CONTAINER psql"
    assert page.index(step) < page.index("CONTAINER pg_restore")


def test_the_key_beside_it_is_sealed() -> None:
    files = by_hand.files(SNAPSHOT)

    assert files["key.age"] == SNAPSHOT.sealed_key
    assert PAIR.secret.reveal() not in "".join(files.values())


def test_changes_follow_what_they_build_on() -> None:
    dump, tar = SNAPSHOT.archives
    changes = dataclasses.replace(tar, form="tar-changes", facts={"since": "s0"})

    page = by_hand.instructions(dataclasses.replace(SNAPSHOT, archives=(dump, changes)))

    assert "# First do what RECOVER.md of snapshot s0 says of media," in page
    assert page.index("xargs --null") < page.index("--exclude='./.slipway-gone-*'")
    assert "mkdir ./media" not in page
