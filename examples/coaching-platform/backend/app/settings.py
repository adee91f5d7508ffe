"""Settings, typed and read from the environment once. ENVIRONMENT decides the defaults."""

from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Environment = Literal["development", "staging", "production"]

DEFAULTS: dict[str, dict[str, Any]] = {
    "development": {"log_level": "DEBUG", "docs": True, "cookie_secure": False},
    "staging": {"log_level": "INFO", "docs": True, "cookie_secure": True},
    "production": {"log_level": "INFO", "docs": False, "cookie_secure": True},
}
KEY_LENGTH = 32
KEY_LETTERS = 10


class Settings(BaseSettings):
    """One field per environment variable of the same name, in capitals. Empty is not set."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True, env_ignore_empty=True)

    environment: Environment = "production"
    app_version: str = "dev"

    # ENVIRONMENT gives each of these its default; see DEFAULTS.
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"]
    docs: bool
    cookie_secure: bool

    database_url: SecretStr
    redis_url: SecretStr
    chroma_url: str = "http://chroma:8000"
    chroma_collection: str = "notes"
    ollama_url: str = "http://ollama:11434"
    embed_model: str = "nomic-embed-text"
    chat_model: str = "llama3.2:1b"

    secret_key: SecretStr
    session_hours: int = Field(default=12, ge=1)
    uploads_folder: Path = Path("/uploads")
    upload_megabytes: int = Field(default=10, ge=1)  # nginx lets no more through
    answer_cache_seconds: int = Field(default=600, ge=1)
    sentry_dsn: SecretStr | None = None

    # Shorter than nginx waits for an answer (60 s).
    answer_seconds: int = Field(default=50, ge=1)
    # Longer than the slowest request (an answer), shorter than stop_grace_period (60 s).
    shutdown_seconds: int = Field(default=55, ge=1)
    # Longer than nginx keeps an idle upstream connection (30 s), so that nginx closes first.
    keep_alive_seconds: int = Field(default=75, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_the_environment(cls, values: dict[str, Any]) -> dict[str, Any]:
        return DEFAULTS.get(values.get("environment", "production"), {}) | values

    @model_validator(mode="after")
    def _no_weak_key(self) -> "Settings":
        key = self.secret_key.get_secret_value()
        weak = len(key) < KEY_LENGTH or len(set(key)) < KEY_LETTERS
        if weak and self.environment != "development":
            raise ValueError(
                f"SECRET_KEY is too weak for {self.environment}: it needs {KEY_LENGTH} characters,"
                f" {KEY_LETTERS} of them different; `openssl rand -hex 32` makes one"
            )
        return self


@cache
def get_settings() -> Settings:
    """Return the settings of this process, or end it with a sentence on what is wrong."""
    try:
        return Settings()  # type: ignore[call-arg]  # the environment gives the rest
    except ValidationError as refused:
        wrong = [(".".join(map(str, e["loc"])).upper(), e["msg"]) for e in refused.errors()]
        raise SystemExit(
            "the settings are wrong: " + "; ".join(f"{n}: {m}" if n else m for n, m in wrong)
        ) from None
