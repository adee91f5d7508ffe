from pathlib import Path

from deploy.sandbox.keys import known_hosts, ssh_config


def test_known_hosts_names_each_published_port() -> None:
    text = known_hosts({20001: "ssh-ed25519 AAAA staging", 20005: "ssh-ed25519 BBBB production"})

    assert text == "[127.0.0.1]:20001 ssh-ed25519 AAAA\n[127.0.0.1]:20005 ssh-ed25519 BBBB\n"


def test_ssh_config_reaches_a_server_by_its_name() -> None:
    text = ssh_config({"staging": 20001}, Path("/s/id_ed25519"), Path("/s/known_hosts"))

    assert text.splitlines() == [
        "Host staging.sandbox",
        "  HostName 127.0.0.1",
        "  Port 20001",
        "  User deploy",
        "  IdentityFile /s/id_ed25519",
        "  IdentitiesOnly yes",
        "  UserKnownHostsFile /s/known_hosts",
        "  StrictHostKeyChecking yes",
    ]


def test_ssh_config_has_one_block_for_each_server() -> None:
    text = ssh_config({"staging": 1, "production": 2}, Path("/k"), Path("/h"))

    assert [line for line in text.splitlines() if line.startswith("Host ")] == [
        "Host staging.sandbox",
        "Host production.sandbox",
    ]


def test_paths_with_spaces_and_percent_signs_stay_whole() -> None:
    text = ssh_config({"staging": 1}, Path("/my work/id"), Path("/100%/hosts"))

    assert '  IdentityFile "/my work/id"' in text
    assert "  UserKnownHostsFile /100%%/hosts" in text
