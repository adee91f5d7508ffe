"""Settings, typed and read from the environment once."""

from functools import cache
from typing import Literal

from pydantic import Field, FilePath, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Broken = Literal["", "boot", "unhealthy", "proxy", "sick", "later", "migration", "slowstart"]


class Settings(BaseSettings):
    """One field per environment variable of the same name, in capitals."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)

    database_url: SecretStr
    # A file with the password that the URL then lacks: a secret of Docker.
    database_password_file: FilePath | None = None
    secret_key: SecretStr = Field(min_length=32)
    app_version: str = "dev"
    token_minutes: int = Field(default=60, ge=1)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    broken: Broken = ""

    # Longer than the slowest request (10 s), shorter than stop_grace_period (30 s).
    shutdown_seconds: int = Field(default=20, ge=1)
    # Longer than nginx keeps an idle upstream connection (30 s), so that nginx closes first.
    keep_alive_seconds: int = Field(default=75, ge=1)


@cache
def get_settings() -> Settings:
    """Return the settings of this process."""
    return Settings()  # type: ignore[call-arg]  # the environment gives the rest
