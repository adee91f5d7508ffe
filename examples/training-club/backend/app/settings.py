"""Settings, typed and read from the environment."""

import os
from pathlib import Path
from typing import Annotated, Literal

import msgspec


class Settings(msgspec.Struct, frozen=True, rename=str.upper):
    """One field per environment variable of the same name, in capitals."""

    database_url: str
    redis_url: str
    uploads_dir: Path = Path("/uploads")
    app_version: str = "dev"
    session_hours: Annotated[int, msgspec.Meta(ge=1)] = 12
    secure_cookies: bool = True
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


def read_settings() -> Settings:
    """Return what the environment says; an error names the variable, never its value."""
    try:
        return msgspec.convert(dict(os.environ), Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise ValueError(f"environment: {error}") from None


def _path(_kind: type, value: str) -> Path:
    return Path(value)
