"""What the scripts of the Compose engine would answer if all went well: for a dry run. Pure."""

import json

from deploy.host import Command, Result


def imagine(command: Command) -> Result:
    """Return the answer to `command`: start.sh is told of replicas, all else just succeeds."""
    if command.name != "start":
        return Result(0)
    specs = [argument.split(":") for argument in command.argv[12:]]
    lines = [
        f"container {json.dumps(_container(service, definition, number))}"
        for service, _total, wanted, definition, _tolerated in specs
        for number in range(1, int(wanted) + 1)
    ]
    return Result(0, "\n".join(lines).encode())


def _container(service: str, definition: str, number: int) -> dict[str, object]:
    name = f"<new {service} {number}>"
    return {
        "id": name,
        "name": name,
        "service": service,
        "definition": definition,
        "state": "running",
        "health": "healthy",
        "image": "",
        "restarts": 0,
        "started_at": "",
        "networks": {},
    }
