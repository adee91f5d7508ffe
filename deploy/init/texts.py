"""deploy.toml, the workflow of GitHub and tasks.py, as texts. Pure."""

import json

from deploy.init.facts import FOLDER, OVERLAY, Facts

TASKS = '''\
"""The tasks that `inv` finds here."""

from deploy.tasks import namespace

__all__ = ["namespace"]
'''

IGNORED = "# Env files hold the secrets of an environment.\n.env.*\n!.env.example\n"

_SETTINGS = """\
app = "{app}"
compose = ["{compose}", "{overlay}"]

# `inv up` runs the app on this machine as it always ran.
[dev]
compose = [{here}]

# A server of the sandbox (`inv sandbox.up`). For one of yours write
# hosts = ["deploy@staging.example.com"], and its name in `url`, too.
[environments.staging]
hosts = ["deploy@staging.sandbox"]
env_file = "{folder}/.env.staging"
{url}
# [environments.production]
# hosts = ["deploy@www.example.com"]
# env_file = "{folder}/.env.production"
# url = "https://www.example.com{path}"
# confirm = true

[rollout]
{migrate}
# A private registry: its password is given in this variable when you deploy.
# [registry]
# host = "ghcr.io"
# username = "my-robot"
# password_env = "REGISTRY_PASSWORD"

# Snapshots of all data before each deploy. First: `inv backup.keygen`.
# [backup]
# store = "s3://my-bucket/{app}"
# encrypt = ["age1…"]  # the public key, as keygen prints it
# keep = {{ last = 3, daily = 7, weekly = 4 }}
"""

_WORKFLOW = """\
# Builds, pushes and deploys what comes to main. It needs, in the settings of the repository:
#   variables  SLIPWAY: what pip installs Slipway from, such as git+https://example.com/slipway
#              REGISTRY, REGISTRY_USER; KNOWN_HOSTS: the server's line of ~/.ssh/known_hosts
#   secrets    REGISTRY_PASSWORD; SSH_KEY: of a user that may log in there; ENV_FILE: .env.staging
# and a host in deploy.toml that GitHub reaches: the sandbox is not one.
name: Deploy

on:
  push:
    branches: [main]

permissions:
  contents: read

jobs:
  deploy:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    concurrency: deploy-{app}-staging  # one at a time; the lock on the server holds anyway
    env:
      DEPLOY_ENV: staging{deploy_app}
      REGISTRY: ${{{{ vars.REGISTRY }}}}
    steps:
      - uses: actions/checkout@v4
        with:
          persist-credentials: false
      - uses: actions/setup-python@v5
        with:
          python-version: "3.13"
      - run: pip install "slipway @ $SLIPWAY"
        env:
          SLIPWAY: ${{{{ vars.SLIPWAY }}}}
      - run: |
          install -m 600 /dev/stdin {env_file} <<<"$ENV_FILE"
          install -m 700 -d ~/.ssh
          install -m 600 /dev/stdin ~/.ssh/id_ed25519 <<<"$SSH_KEY"
          echo "$KNOWN_HOSTS" >>~/.ssh/known_hosts
          docker login "${{REGISTRY%%/*}}" -u "$REGISTRY_USER" --password-stdin <<<"$PASSWORD"
        env:
          ENV_FILE: ${{{{ secrets.ENV_FILE }}}}
          SSH_KEY: ${{{{ secrets.SSH_KEY }}}}
          KNOWN_HOSTS: ${{{{ vars.KNOWN_HOSTS }}}}
          REGISTRY_USER: ${{{{ vars.REGISTRY_USER }}}}
          PASSWORD: ${{{{ secrets.REGISTRY_PASSWORD }}}}
      - run: inv build --tag "$GITHUB_SHA"
      - run: inv push --tag "$GITHUB_SHA"
      - run: inv deploy --tag "$GITHUB_SHA" --yes --json
        env:
          REGISTRY_PASSWORD: ${{{{ secrets.REGISTRY_PASSWORD }}}}
"""


def settings(facts: Facts, path: str, migrate: tuple[str, str, bool] | None, *, url: bool) -> str:
    """Return deploy.toml. `migrate` is service, command, and whether it is sure."""
    told = '# migrate = { service = "web", command = "…", timeout = "5m" }\n'
    if migrate:
        service, command, sure = migrate
        mark = "" if sure else "# "
        asked = json.dumps(command, ensure_ascii=False)  # a string of TOML, too
        told = f'{mark}migrate = {{ service = "{service}", command = {asked}, timeout = "5m" }}\n'
    proof = (
        "# Asked through nginx after each deploy: it must answer 200 itself, not redirect.\n"
        f'url = "http://staging.sandbox{path}"\n'
    )
    return _SETTINGS.format(
        app=facts.app,
        compose=facts.compose,
        overlay=OVERLAY,
        folder=FOLDER,
        path=path,
        url=proof if url else "",
        migrate=told,
        here=", ".join(f'"{file}"' for file in (facts.compose, facts.override) if file),
    )


def workflow(app: str, inside: str, env_file: str) -> str:
    """Return the workflow that deploys from main; `inside` is where the repository has the app."""
    parent, _, name = inside.rstrip("/").rpartition("/")
    named = f"\n      DEPLOY_APP: {name}" if parent == "compose" else ""
    text = _WORKFLOW.format(app=app, deploy_app=named, env_file=f"{inside}{env_file}")
    if inside and not named:
        text = text.replace(
            "- run: inv ", f"- working-directory: {inside.rstrip('/')}\n        run: inv "
        )
    return text
