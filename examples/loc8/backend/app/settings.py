"""Settings, typed and read from the environment once."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One field per environment variable of the same name, in capitals."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)

    database_url: SecretStr = SecretStr("sqlite:////data/loc8.db")
    redis_url: SecretStr = SecretStr("")  # without one, nothing is cached
    uploads_dir: Path = Path("/uploads")
    cache_seconds: int = Field(default=30, ge=1)
    app_version: str = "dev"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


@cache
def get_settings() -> Settings:
    """Return the settings of this process."""
    return Settings()
