"""Another machine, by SSH: the only door to Fabric and paramiko."""

import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO, NoReturn, cast

import fabric
import paramiko
from paramiko.ssh_exception import (
    AuthenticationException,
    BadHostKeyException,
    ConfigParseError,
    NoValidConnectionsError,
    PasswordRequiredException,
    SSHException,
)

from deploy.errors import AccessDenied, HostError, HostKeyRefused, Unreachable
from deploy.host.base import Process, communicate, lost
from deploy.host.command import Command, Result
from deploy.host.undisturbed import undisturbed

SSH_PORT = 22
CONNECT_TIMEOUT = 10  # seconds to reach the machine, and again for its banner and for the keys
KEEPALIVE = 5  # seconds between keep-alives
DEAD_AFTER = 20_000  # milliseconds without an acknowledgement until the connection counts as broken
NO_EXIT_STATUS = -1  # what paramiko reports when the other side vanished before the exit status

# Its threads log each connection that breaks with a traceback; what broke is in our own errors.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


class SshProcess:
    """A command on an SSH channel."""

    def __init__(self, host: str, channel: paramiko.Channel) -> None:
        self._host = host
        self._channel = channel
        self.stdin = cast("BinaryIO", _Writer(channel))
        self.stdout = cast("BinaryIO", _Reader(channel.recv))
        self.stderr = cast("BinaryIO", _Reader(channel.recv_stderr))

    def wait(self, timeout: float | None = None) -> int | None:
        """Return the exit code, or None when `timeout` seconds passed first."""
        if not self._channel.status_event.wait(timeout):
            return None
        code = self._channel.exit_status
        if code == NO_EXIT_STATUS:
            raise lost(self._host, "no exit status came back")
        return code

    def kill(self) -> None:
        """Close the channel. What runs there may go on: only its own deadline is sure to end it."""
        undisturbed(self._channel.close, _nothing)


class _Writer:
    """The writing half of a channel as a stream.

    paramiko's own file flushes when it is collected; where its buffer was collected before it, the
    program ends with a traceback on stderr.
    """

    def __init__(self, channel: paramiko.Channel) -> None:
        self._channel = channel

    def write(self, data: bytes) -> int:
        undisturbed(lambda: self._channel.sendall(data), _nothing)
        return len(data)

    def writelines(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self.write(chunk)

    def flush(self) -> None:
        """Do nothing: nothing is kept back."""

    def close(self) -> None:
        undisturbed(self._channel.shutdown_write, _nothing)


def _nothing(_: object) -> None:
    """Undo nothing: what was sent is sent."""


class _Reader:
    """The reading half of a channel as a stream whose `read` returns what is there."""

    def __init__(self, receive: Callable[[int], bytes]) -> None:
        self.read1 = receive
        self.read = receive

    def close(self) -> None:
        """Do nothing: the channel is closed with its process."""


class SshHost:
    """A machine by SSH, as the user's own ssh configuration describes it.

    `address` is `[user@]host[:port]`. `configs` are ssh_config files, the first match wins.
    Host keys are checked against known_hosts files; agents, key files, ProxyJump and ProxyCommand
    are honoured. The connection opens with the first command and serves all of them.
    """

    def __init__(self, address: str, configs: tuple[Path, ...] = ()) -> None:
        self.name = address
        self._configs = configs
        self._connection: fabric.Connection | None = None
        self._was_open = False
        self._opening = threading.Lock()

    def start(self, command: Command, *, terminal: bool = False) -> Process:
        """Start `command` on a channel of its own, with a terminal where asked for."""
        return undisturbed(lambda: self._start(command, terminal=terminal), SshProcess.kill)

    def _start(self, command: Command, *, terminal: bool) -> SshProcess:
        transport = self._transport()
        try:
            channel = transport.open_session(timeout=CONNECT_TIMEOUT)
            if terminal:
                channel.get_pty()
            channel.exec_command(command.quoted())
        except (SSHException, OSError, EOFError) as error:
            self.close()
            raise lost(self.name, str(error) or type(error).__name__) from None
        return SshProcess(self.name, channel)

    def run(self, command: Command, *, watch: Callable[[str], None] | None = None) -> Result:
        """Run `command` to its end."""
        return communicate(self.name, self.start(command), command, watch)

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.close()

    def _transport(self) -> paramiko.Transport:
        with self._opening:
            if self._connection is None or not self._connection.is_connected:
                self._connection = self._reconnect() if self._was_open else self._connect()
                self._was_open = True
            return cast("paramiko.Transport", self._connection.transport)

    def _reconnect(self) -> fabric.Connection:
        """Connect again; where there is no answer now, that is the connection which broke."""
        try:
            return self._connect()
        except Unreachable as error:
            raise lost(self.name, error.wrong) from None

    def _connect(self) -> fabric.Connection:
        connection = fabric.Connection(
            self.name,
            config=_fabric_config(self._configs),
            connect_timeout=CONNECT_TIMEOUT,
            connect_kwargs={"banner_timeout": CONNECT_TIMEOUT, "auth_timeout": CONNECT_TIMEOUT},
        )
        _check_host_keys(connection)
        try:
            connection.open()
        except (SSHException, OSError, EOFError) as error:
            connection.close()
            _explain(connection, self.name, error)
        _tune(connection.transport)
        return connection


def _fabric_config(configs: tuple[Path, ...]) -> fabric.Config:
    try:
        lines = [path.read_text(encoding="utf-8") for path in configs if path.is_file()]
        ssh_config = paramiko.SSHConfig.from_text("\n".join(lines))
    except (OSError, ValueError, ConfigParseError) as error:
        place = ", ".join(str(path) for path in configs)
        raise HostError(
            place, f"the ssh configuration cannot be read: {error}", "mend it"
        ) from None
    return fabric.Config(ssh_config=ssh_config, lazy=True)


def _check_host_keys(connection: fabric.Connection) -> None:
    """Load the known_hosts files of a connection and of its jump hosts; refuse what is unknown."""
    files = _known_hosts(connection)
    for file in [*files, "/etc/ssh/ssh_known_hosts"]:
        path = Path(file).expanduser()
        if path.is_file():
            connection.client.load_system_host_keys(str(path))
    connection.client.set_missing_host_key_policy(_RefuseUnknown(files[0]))
    if isinstance(connection.gateway, fabric.Connection):
        _check_host_keys(connection.gateway)


def _known_hosts(connection: fabric.Connection) -> list[str]:
    files: str = connection.ssh_config.get("userknownhostsfile", "~/.ssh/known_hosts")
    return files.split()


def _known_as(connection: fabric.Connection) -> str:
    """Return what known_hosts files call the machine."""
    host, port = connection.host, connection.port
    return host if port == SSH_PORT else f"[{host}]:{port}"


class _RefuseUnknown(paramiko.MissingHostKeyPolicy):
    """Refuses a key that no known_hosts file holds, with the command that accepts it."""

    def __init__(self, known_hosts: str) -> None:
        self._known_hosts = known_hosts

    def missing_host_key(
        self,
        client: paramiko.SSHClient,  # noqa: ARG002 - paramiko's signature
        hostname: str,
        key: paramiko.PKey,
    ) -> NoReturn:
        host, port = hostname, "22"
        if hostname.startswith("["):
            host, _, port = hostname[1:].partition("]:")
        raise HostKeyRefused(
            hostname,
            f"its host key is unknown ({key.get_name()} {key.fingerprint})",
            f"compare the fingerprint with the machine's own, then accept it:"
            f" `ssh-keyscan -p {port} {host} >> {self._known_hosts}`",
        )


def _tune(transport: paramiko.Transport) -> None:
    """Send small packets at once, keep the line alive, and notice within seconds when it died."""
    transport.set_keepalive(KEEPALIVE)
    if isinstance(transport.sock, socket.socket):  # behind a jump host it is a channel
        transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_AFTER)


def _explain(connection: fabric.Connection, name: str, error: Exception) -> NoReturn:
    target = f"{connection.host}:{connection.port}"
    if isinstance(error, BadHostKeyException):
        raise HostKeyRefused(
            name,
            f"its host key has changed: it shows {error.key.fingerprint}, known is"
            f" {error.expected_key.fingerprint}",
            "if the machine was really reinstalled, accept its new key after forgetting the old:"
            f" `ssh-keygen -R '{_known_as(connection)}' -f {_known_hosts(connection)[0]}`",
        ) from None
    if isinstance(error, PasswordRequiredException):
        raise AccessDenied(
            name, "the key is locked with a passphrase", "add it to your agent: `ssh-add`"
        ) from None
    if isinstance(error, AuthenticationException):
        raise AccessDenied(
            name,
            f"{target} refuses the keys of user {connection.user!r}",
            f"put your public key into ~{connection.user}/.ssh/authorized_keys there,"
            " or name the right key with IdentityFile in your ssh config",
        ) from None
    why = _network_reason(error) if isinstance(error, OSError) else str(error)
    raise Unreachable(
        name,
        f"cannot be reached at {target} ({why or type(error).__name__})",
        f"see that the machine is up and the address right: `ssh -p {connection.port}"
        f" {connection.user}@{connection.host}`",
    ) from None


def _network_reason(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "the name does not resolve"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, NoValidConnectionsError):
        causes = {getattr(cause, "strerror", None) or str(cause) for cause in error.errors.values()}
        return "; ".join(sorted(causes))
    return error.strerror or str(error)
