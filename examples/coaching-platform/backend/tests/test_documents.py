from pathlib import Path

from conftest import add_client, sign_up
from fastapi.testclient import TestClient

from app.settings import get_settings


def upload(client: TestClient, person: int, name: str, content: bytes) -> int:
    files = {"file": (name, content, "text/html")}
    answer = client.post(f"/api/v1/clients/{person}/documents", files=files)
    assert answer.status_code == 201, answer.text
    number: int = answer.json()["id"]
    return number


def test_a_document_comes_back_as_a_download(client: TestClient) -> None:
    sign_up(client)
    person = add_client(client)
    content = bytes(range(256)) * 10_000
    number = upload(client, person, "plan für Ben.html", content)
    answer = client.get(f"/api/v1/documents/{number}")
    assert answer.content == content
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    (listed,) = client.get(f"/api/v1/clients/{person}/documents").json()
    assert (listed["name"], listed["size"]) == ("plan für Ben.html", len(content))


def test_a_name_leads_nowhere(client: TestClient) -> None:
    sign_up(client)
    person = add_client(client)
    upload(client, person, "../../etc/passwd", b"x")
    (listed,) = client.get(f"/api/v1/clients/{person}/documents").json()
    assert listed["name"] == "passwd"
    (stored,) = Path(get_settings().uploads_folder).iterdir()
    assert len(stored.name) == 32


def test_other_coaches_do_not_get_it(client: TestClient) -> None:
    sign_up(client)
    number = upload(client, add_client(client), "plan.txt", b"secret")
    sign_up(client, "carl@example.com")
    assert client.get(f"/api/v1/documents/{number}").status_code == 404


def test_what_is_too_large_is_refused_and_leaves_nothing(client: TestClient) -> None:
    sign_up(client)
    person = add_client(client)
    files = {"file": ("large", b"x" * 10_000_001)}
    assert client.post(f"/api/v1/clients/{person}/documents", files=files).status_code == 413
    assert client.get(f"/api/v1/clients/{person}/documents").json() == []
    assert list(Path(get_settings().uploads_folder).iterdir()) == []


def test_a_file_that_is_gone_is_said_to_be(client: TestClient) -> None:
    sign_up(client)
    number = upload(client, add_client(client), "plan.txt", b"x")
    for file in Path(get_settings().uploads_folder).iterdir():
        file.unlink()
    answer = client.get(f"/api/v1/documents/{number}")
    assert answer.status_code == 404
    assert "uploads folder" in answer.json()["detail"]
