"""demo: the main job, on the sandbox, under load, as somebody would type it."""

from typing import TYPE_CHECKING, Any

from deploy.tasks.base import task

if TYPE_CHECKING:
    from deploy.tasks.demo_stage import Stage

ENV = "staging"
_PSQL = "psql -U coaching -d coaching"
_FILL = (
    "insert into users (email, password_hash, created_at) select 'user' || i || '@example.com',"
    " '-', now() from generate_series(1, 10000) i on conflict do nothing"
)
_COUNT = "select count(*) || ' users are there' from users"
_STORY = (
    # title, tag, what breaks the image, what is typed, exit code it should have
    ("v2 takes over from v1", "v2", "", ("deploy", "--tag", "v2"), 0),
    (
        "v3 falls ill after the switch, and is rolled back",
        "v3",
        "sick",
        ("deploy", "--tag", "v3"),
        3,
    ),
    ("rollback to v1 by hand", "", "", ("rollback",), 0),
    ("v4, the repaired v3", "v4", "", ("deploy", "--tag", "v4"), 0),
)


@task(help={"app": "app of this checkout to show it with (default: transformation-coaching)"})
def demo(_c: Any, app: str = "transformation-coaching") -> None:
    """Show deploys under load, rollback, restore, recovery, in the sandbox."""
    import time

    from deploy.errors import SlipwayError
    from deploy.sandbox import Sandbox
    from deploy.sandbox.load import LoadProcess
    from deploy.tasks import show
    from deploy.tasks.demo_stage import Stage
    from deploy.wiring.sandbox import start_sandbox

    out = show.console()
    stage = Stage(out, app, ENV)
    out.rule("[bold]a server in a box")
    start_sandbox(stage.checkout, lambda line: out.print(f"  {line}", markup=False))
    sandbox = Sandbox.at(stage.checkout)
    stage.prepare_env_file()
    out.rule("[bold]v1, the first deploy")
    stage.make("v1", "")
    stage.play("v1 is there", ("deploy", "--tag", "v1"), 0)
    out.rule("[bold]from here on under load")
    load = LoadProcess.start(sandbox.https_port(ENV), f"{ENV}.sandbox")
    begun = time.monotonic()
    try:
        for title, tag, broken, command, code in _STORY:
            out.rule(f"[bold]{title}")
            if tag:
                stage.make(tag, broken)
            stage.play(title, command, code)
    finally:
        summary = load.stop()
        seconds = time.monotonic() - begun
    _show_data(stage)
    stage.close(summary, seconds)
    if summary["failed"]:
        raise SlipwayError("demo", f"{summary['failed']} requests failed", "see the table above")


def _show_data(stage: "Stage") -> None:
    """Lose the database, get it back, and bring everything up on another, empty server."""
    out, key = stage.out, ("--key", ".sandbox/backup.key", "--yes")
    out.rule("[bold]10,000 rows, and a backup of them")
    stage.say("exec", f'{_PSQL} -qc "{_FILL}"', "--service", "db")
    stage.play("a backup, proven to read", ("backup",), 0)
    out.rule("[bold]the database is lost")
    stage.lose("db")
    stage.play("its data is put back", ("restore", *key), 0)
    stage.say("exec", f'{_PSQL} -Atc "{_COUNT}"', "--service", "db")
    out.rule("[bold]the server is lost: everything comes up on the empty one")
    stage.clear("production")
    stage.play("recovery", ("recover", *key, "--on", "deploy@production.sandbox"), 0)
    stage.play("which snapshots there are", ("backup.list",), 0)
