"""The application object: settings, MySQL, Redis, and the endpoints."""

from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import memory, metrics, requests
from app.database import db, engine_options, migrate
from app.routes import courses, health, members, probes
from app.settings import read_settings

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"
BODY_BYTES = 1024 * 1024  # as in nginx; a photo may be larger


def create_app() -> Flask:
    """Build the application from the environment's settings."""
    settings = read_settings()
    app = Flask(__name__, static_folder=None)
    app.config.update(
        APP_VERSION=settings.app_version,
        UPLOADS_DIR=settings.uploads_dir,
        MAX_CONTENT_LENGTH=BODY_BYTES,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(),
    )
    requests.init_app(app, settings.app_version)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(MIGRATIONS))
    memory.init_app(app, settings)
    health.init_app(app, settings)
    for module in (members, courses, probes):
        app.register_blueprint(module.api)
    metrics.init_app(app)
    # nginx says who asked, and how; nobody else reaches this port.
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    return app
