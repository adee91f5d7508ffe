import pytest
from fastapi.testclient import TestClient
from test_api import ANNA, RUN, log_in


def test_a_workout_has_an_effort_or_none(client: TestClient) -> None:
    headers = log_in(client, **ANNA)
    for effort in (7, None):
        sent = client.post("/api/v1/workouts", json=RUN | {"effort": effort}, headers=headers)
        assert (sent.status_code, sent.json()["effort"]) == (201, effort)
    assert client.post("/api/v1/workouts", json=RUN, headers=headers).json()["effort"] is None


@pytest.mark.parametrize("effort", [0, 11])
def test_an_effort_is_one_to_ten(client: TestClient, effort: int) -> None:
    headers = log_in(client, **ANNA)
    sent = client.post("/api/v1/workouts", json=RUN | {"effort": effort}, headers=headers)
    assert sent.status_code == 422
