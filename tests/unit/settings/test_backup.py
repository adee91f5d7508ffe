"""[backup] of deploy.toml: every wrong value has its line, and no private key is shown."""

from pathlib import Path

import pytest

from deploy.backup.keys import generate
from deploy.backup.retention import Policy
from deploy.backup.snapshot import Kind
from deploy.backup.stores.folder import FolderSettings
from deploy.backup.stores.s3 import S3Settings
from deploy.errors import SettingsError
from deploy.settings import load
from deploy.settings.backup import BackupSettings

ANN = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
HEAD = '[environments.staging]\nhosts = ["a"]\n[backup]\n'
STORE = 'store = "s3://bucket/folder"\n'
ENCRYPT = f'encrypt = ["{ANN}"]\n'
FOLDER = 'store = "file:///mnt/backups/shop"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "compose.yaml").write_text("services: {}\n")
    return folder


def read(folder: Path, table: str) -> BackupSettings:
    (folder / "deploy.toml").write_text(HEAD + table)
    found = load(folder).backup
    assert found
    return found


def refusal(folder: Path, table: str) -> str:
    with pytest.raises(SettingsError) as error:
        read(folder, table)
    return str(error.value).removeprefix(f"{folder}/")


def test_what_need_not_be_said(folder: Path) -> None:
    found = read(folder, STORE + ENCRYPT)

    assert found.store == S3Settings("bucket", "folder")
    assert found.keep == Policy()
    assert found.kind == Kind.FULL


def test_a_kind(folder: Path) -> None:
    assert read(folder, STORE + ENCRYPT + 'kind = "incremental"\n').kind == Kind.INCREMENTAL


def test_a_kind_that_is_unknown(folder: Path) -> None:
    found = refusal(folder, STORE + ENCRYPT + 'kind = "half"\n')

    assert found.endswith("'half' is unknown. choose one of: full, incremental, differential.")


def test_a_store_may_be_a_whole_bucket(folder: Path) -> None:
    found = read(folder, 'store = "s3://bucket"\n' + ENCRYPT).store

    assert isinstance(found, S3Settings)
    assert found.base == ""


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:///mnt/backups/shop", "/mnt/backups/shop"),
        ("file:///mnt/backups/", "/mnt/backups"),
        ("file:///mnt/my%20disk/100%25", "/mnt/my disk/100%"),
    ],
)
def test_a_store_may_be_a_folder(folder: Path, url: str, path: str) -> None:
    assert read(folder, f'store = "{url}"\n' + ENCRYPT).store == FolderSettings(path)


@pytest.mark.parametrize("url", ["file://mnt/backups", "file:///", "file:///mnt/../etc", "file://"])
def test_what_is_no_folder(folder: Path, url: str) -> None:
    message = refusal(folder, f'store = "{url}"\n' + ENCRYPT)

    assert message.startswith(f"deploy.toml:4: backup.store: {url!r} is no folder. write the abs")


@pytest.mark.parametrize(
    "line",
    [
        'endpoint = "http://s3"',
        'region = "eu"',
        "path_style = true",
        'storage_class = "COLD"',
        'checksums = "when_required"',
        "lock_days = 0",
        "max_parts = 1000",
    ],
)
def test_a_folder_has_nothing_that_a_bucket_has(folder: Path, line: str) -> None:
    key = line.partition(" ")[0]

    assert refusal(folder, FOLDER + ENCRYPT + f"{line}\n") == (
        f"deploy.toml:6: backup.{key}: only a bucket has that, and the store is a folder."
        " remove it."
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (ENCRYPT, 'deploy.toml:3: backup.store: it is missing. write store = "…".'),
        (
            'store = "/srv/backups"\n' + ENCRYPT,
            "deploy.toml:4: backup.store: '/srv/backups' is no store. write \"s3://bucket/folder\"",
        ),
        ('store = "s3:///folder"\n' + ENCRYPT, "deploy.toml:4: backup.store: 's3:///folder' is no"),
        ("store = 1\n" + ENCRYPT, "deploy.toml:4: backup.store: a string is wanted, not a number."),
        (
            STORE + ENCRYPT + 'endpoint = "http://[::1"\n',
            "deploy.toml:6: backup.endpoint: 'http://[::1' is no address. write",
        ),
        (STORE + ENCRYPT + "endpoint = true\n", "deploy.toml:6: backup.endpoint: a string is"),
        (STORE + ENCRYPT + "region = 1\n", "deploy.toml:6: backup.region: a string is wanted"),
        (STORE + ENCRYPT + 'path_style = "yes"\n', "deploy.toml:6: backup.path_style: true or fal"),
        (STORE + ENCRYPT + "storage_class = []\n", "deploy.toml:6: backup.storage_class: a string"),
        (
            STORE + ENCRYPT + 'checksums = "never"\n',
            (
                "deploy.toml:6: backup.checksums: 'never' is unknown."
                " choose one of: when_supported, when_required."
            ),
        ),
        (STORE + ENCRYPT + "lock_days = -1\n", "deploy.toml:6: backup.lock_days: -1 is too small."),
        (STORE + ENCRYPT + "max_parts = 0\n", "deploy.toml:6: backup.max_parts: 0 is too small."),
        (
            STORE + ENCRYPT + "keeps = 1\n",
            "deploy.toml:6: backup.keeps: the key is unknown. did you mean 'keep'?",
        ),
        (STORE + ENCRYPT + "keep = 3\n", "deploy.toml:6: backup.keep: a table is wanted, not a nu"),
        (
            STORE + ENCRYPT + "keep = { dayly = 3 }\n",
            "deploy.toml:6: backup.keep.dayly: the key is unknown. did you mean 'daily'?",
        ),
        (
            STORE + ENCRYPT + "keep = { last = -3 }\n",
            "deploy.toml:6: backup.keep.last: -3 is too small. write 0 or more.",
        ),
        (
            STORE + ENCRYPT + 'keep = { last = "3" }\n',
            "deploy.toml:6: backup.keep.last: a whole number is wanted, not a string.",
        ),
        (
            STORE + ENCRYPT + 'keep = { within = "a week" }\n',
            "deploy.toml:6: backup.keep.within: 'a week' is no length of time.",
        ),
        (
            STORE + ENCRYPT + "[backup.keep]\nlast = 3\nweekly = true\n",
            "deploy.toml:8: backup.keep.weekly: a whole number is wanted, not a boolean.",
        ),
        (STORE, "deploy.toml:3: backup.encrypt: no public key is named. make a pair: `inv backup."),
        (STORE + "encrypt = []\n", "deploy.toml:5: backup.encrypt: no public key is named."),
        (STORE + "encrypt = 1\n", "deploy.toml:5: backup.encrypt: a list of strings"),
        (
            STORE + 'encrypt = ["age1ql3"]\n',
            "deploy.toml:5: backup.encrypt: 'age1ql3' is no public key of age. make one: `inv back",
        ),
        (
            STORE + 'encrypt = ["ann"]\n',
            "deploy.toml:5: backup.encrypt: 'ann' is no public key of age.",
        ),
    ],
)
def test_an_error_names_line_key_and_remedy(folder: Path, table: str, message: str) -> None:
    assert refusal(folder, table).startswith(message)


def test_keys_from_a_file_as_age_reads_them(folder: Path) -> None:
    bob = generate().public
    (folder / "team").mkdir()
    (folder / "team" / "recipients").write_text(f"# of the team\n\n  {bob}\n")

    found = read(folder, STORE + f'encrypt = ["{ANN}", "team/recipients"]\n')

    assert found.encrypt == (ANN, bob)


def test_a_file_of_keys_that_is_not_there(folder: Path) -> None:
    message = refusal(folder, STORE + 'encrypt = ["team/recipients"]\n')

    assert message.startswith("deploy.toml:5: backup.encrypt: ")
    assert "team/recipients cannot be read. write public keys of age into it" in message


def test_a_file_of_keys_that_holds_none(folder: Path) -> None:
    (folder / "team").mkdir()
    (folder / "team" / "recipients").write_text("# nobody yet\n")

    message = refusal(folder, STORE + 'encrypt = ["team/recipients"]\n')

    assert message.startswith("deploy.toml:5: backup.encrypt: no public key is named.")


@pytest.mark.parametrize("in_a_file", [False, True])
def test_a_private_key_is_refused_and_not_shown(folder: Path, *, in_a_file: bool) -> None:
    secret = generate().secret.reveal()
    (folder / "team").mkdir()
    (folder / "team" / "keys").write_text(secret)
    entry = "team/keys" if in_a_file else secret

    message = refusal(folder, STORE + f'encrypt = ["{entry}"]\n')

    assert message.startswith("deploy.toml:5: backup.encrypt: a private key stands there.")
    assert secret not in message
