"""Swagger UI from this image: nothing comes from another site, and no script stands in the page."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath
from fastapi.responses import FileResponse

_OURS = Path(__file__).resolve().parents[1] / "docs"
_PACKAGED = Path(str(files("fastapi_offline"))) / "static"
_FILES = {
    "start.js": _OURS / "start.js",
    "swagger-ui-bundle.js": _PACKAGED / "swagger-ui-bundle.js",
    "swagger-ui.css": _PACKAGED / "swagger-ui.css",
}
_AN_HOUR = {"Cache-Control": "public, max-age=3600"}  # these names have no hash in them

router = APIRouter(prefix="/docs", include_in_schema=False)


@router.get("")
async def page() -> FileResponse:
    return FileResponse(_OURS / "index.html", headers={"Cache-Control": "no-cache"})


@router.get("/{name}")
async def asset(name: Annotated[str, InPath(pattern=f"^({'|'.join(_FILES)})$")]) -> FileResponse:
    return FileResponse(_FILES[name], headers=_AN_HOUR)
