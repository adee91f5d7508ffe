"""A bucket as boto3 reaches it, with its errors as ours. boto3 is imported when it is used."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from deploy.backup.stores.s3.refusals import CREDENTIALS, Answer, meaning
from deploy.backup.stores.s3.settings import S3Settings
from deploy.errors import StoreError, StoreRefused, StoreUnreachable

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
    from mypy_boto3_s3 import S3Client

ATTEMPTS: Final = 4
CONNECT, ANSWER = 10, 60
"""Seconds that each attempt may take to connect, and to be answered."""
LONGEST: Final = 7 * 24 * 3600
"""Seconds that a URL can be valid for, by the rules of its signature."""


class Bucket:
    """Clients for a bucket, with the credentials that boto3 finds by itself."""

    def __init__(self, settings: S3Settings) -> None:
        self.settings = settings
        self.name = settings.bucket

    @cached_property
    def api(self) -> "S3Client":
        """Reaches the provider from this machine."""
        return self._client(self.settings.reach or self.settings.endpoint)

    @cached_property
    def _signer(self) -> "S3Client":
        """Signs for others, who know the provider by its own name."""
        return self._client(self.settings.endpoint) if self.settings.reach else self.api

    def sign(self, operation: str, key: str, seconds: int, **params: Any) -> str:  # noqa: ANN401 - the API's own parameters
        """Sign a URL for one operation on an object."""
        if not 0 < seconds <= LONGEST:
            raise StoreError(
                self.place(key), f"a URL cannot be valid for {seconds} s", "ask for 7 days or less"
            )
        about = {"Bucket": self.name, "Key": self.full(key), **params}
        with self.told(key):
            return self._signer.generate_presigned_url(operation, Params=about, ExpiresIn=seconds)

    def full(self, key: str) -> str:
        """Give the key in the bucket of a key in the store."""
        return f"{self.settings.base}{key}"

    def own(self, key: str) -> str:
        """Give the key in the store of a key in the bucket."""
        return key.removeprefix(self.settings.base)

    def place(self, key: str = "") -> str:
        """Say where something is, for errors."""
        return f"s3://{self.name}/{self.full(key)}"

    def whole(self, page: Mapping[str, Any], following: str) -> None:
        """See that a page which is not the last says what follows: the list would be short else."""
        if page.get("IsTruncated") and not page.get(following):
            raise StoreError(
                self.place(), "the provider's list breaks off in the middle", "run it again"
            )

    @contextmanager
    def told(self, key: str = "") -> Iterator[None]:
        """Turn what boto3 raises into an error of ours, about `key`."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            raise meaning(self.place(key), self.name, _answer(error)) from error
        except BotoCoreError as error:
            raise self._unanswered(key, error) from error

    def close(self) -> None:
        """Let go of the connections. Harmless when called twice."""
        for name in ("api", "_signer"):
            client = self.__dict__.pop(name, None)
            if client is not None:
                client.close()

    def _client(self, endpoint: str) -> "S3Client":
        from boto3.session import Session

        try:
            with self.told():
                return Session(**self._access()).client(
                    "s3",
                    region_name=self.settings.region,
                    endpoint_url=endpoint or None,
                    config=self._config(),
                )
        except ValueError as error:
            raise StoreError(
                self.place(), f"{endpoint} is no address", "write it as https://HOST"
            ) from error

    def _access(self) -> dict[str, Any]:
        if self.settings.access is None:
            return {}
        key, secret = self.settings.access
        return {"aws_access_key_id": key, "aws_secret_access_key": secret.reveal()}

    def _config(self) -> "Config":
        from botocore.config import Config

        # A bucket with dots in its name fits no certificate as a host. Never `auto`: it signs for a
        # host of all regions, which redirects while a bucket is new, and curl would not follow.
        path = self.settings.path_style or "." in self.name
        return Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if path else "virtual"},
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            connect_timeout=CONNECT,
            read_timeout=ANSWER,
            request_checksum_calculation="when_required",
            response_checksum_validation=self.settings.checksums,
        )

    def _unanswered(self, key: str, error: "BotoCoreError") -> StoreError:
        """Say what is wrong where the provider did not answer, or was not even asked."""
        from botocore import exceptions as kinds

        place = self.place(key)
        match error:
            case kinds.NoCredentialsError() | kinds.PartialCredentialsError():
                return StoreRefused(place, "there are no credentials for it", f"set {CREDENTIALS}")
            case (
                kinds.CredentialRetrievalError()
                | kinds.LoginError()
                | kinds.ProfileNotFound()
                | kinds.SSOError()
                | kinds.TokenRetrievalError()
            ):
                return StoreRefused(place, str(error), f"log in again, or set {CREDENTIALS}")
            case kinds.ConnectionError() | kinds.HTTPClientError() | kinds.IncompleteReadError():
                where = self.settings.reach or self.settings.endpoint or "AWS"
                return StoreUnreachable(
                    place,
                    f"{where} does not answer",
                    "see that it is up, and that this machine may reach it",
                    detail=str(error),
                )
        return StoreError(place, str(error), "see [backup] in deploy.toml")


def answer_of(error: StoreError) -> Answer:
    """Give the provider's answer behind an error of ours; an empty one where there was none."""
    from botocore.exceptions import ClientError

    cause = error.__cause__
    return _answer(cause) if isinstance(cause, ClientError) else Answer("")


def _answer(error: "ClientError") -> Answer:
    said, about = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
    return Answer(
        operation=error.operation_name,
        code=str(said.get("Code", "")),
        status=about.get("HTTPStatusCode", 0),
        message=said.get("Message", ""),
        repeated=about.get("RetryAttempts", 0) > 0,
    )
