import pytest

from app.settings import Settings, get_settings

GOOD_KEY = "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ENVIRONMENT", "LOG_LEVEL", "DOCS", "COOKIE_SECURE", "SENTRY_DSN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1/nothing")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1")
    monkeypatch.setenv("SECRET_KEY", GOOD_KEY)
    get_settings.cache_clear()


@pytest.mark.parametrize(
    ("environment", "log_level", "docs", "cookie_secure"),
    [
        ("development", "DEBUG", True, False),
        ("staging", "INFO", True, True),
        ("production", "INFO", False, True),
        ("", "INFO", False, True),
    ],
)
def test_the_environment_decides_the_defaults(
    monkeypatch: pytest.MonkeyPatch,
    environment: str,
    log_level: str,
    docs: bool,
    cookie_secure: bool,
) -> None:
    monkeypatch.setenv("ENVIRONMENT", environment)
    settings = get_settings()
    assert settings.log_level == log_level
    assert (settings.docs, settings.cookie_secure) == (docs, cookie_secure)
    assert settings.environment == (environment or "production")


def test_a_variable_of_its_own_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    monkeypatch.setenv("SENTRY_DSN", "")
    assert get_settings().log_level == "ERROR"
    assert get_settings().sentry_dsn is None


@pytest.mark.parametrize("environment", ["staging", "production"])
@pytest.mark.parametrize("key", ["short", "a" * 64], ids=["short", "one letter"])
def test_a_weak_key_is_refused_with_a_sentence_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, environment: str, key: str
) -> None:
    monkeypatch.setenv("ENVIRONMENT", environment)
    monkeypatch.setenv("SECRET_KEY", key)
    with pytest.raises(SystemExit) as refused:
        get_settings()
    assert f"SECRET_KEY is too weak for {environment}: it needs 32 characters" in str(refused.value)
    assert key not in str(refused.value)


def test_on_a_developers_machine_any_key_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "development")
    monkeypatch.setenv("SECRET_KEY", "short")
    assert isinstance(get_settings(), Settings)


def test_what_is_missing_or_unknown_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL")
    monkeypatch.setenv("LOG_LEVEL", "LOUD")
    with pytest.raises(SystemExit) as refused:
        get_settings()
    assert "REDIS_URL: Field required" in str(refused.value)
    assert "LOG_LEVEL: Input should be" in str(refused.value)
