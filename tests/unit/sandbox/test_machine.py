from deploy.sandbox.machine import Mirror, pick_mirror


def test_a_machine_without_debian_sources_uses_the_public_mirror() -> None:
    assert pick_mirror([]) == Mirror()
    assert pick_mirror(["http://archive.ubuntu.com/ubuntu/"]) == Mirror()


def test_the_machines_own_mirror_is_used() -> None:
    listed = [
        "https://download.docker.com/linux/debian/",
        "https://mirror.example/debian/",
        "https://mirror.example/debian-security/",
    ]

    assert pick_mirror(listed[1:]) == Mirror(
        "https://mirror.example/debian", "https://mirror.example/debian-security"
    )
    assert pick_mirror(listed).main == "https://mirror.example/debian"
