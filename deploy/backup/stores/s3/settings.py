"""Where an S3 store is, as a value."""

from dataclasses import dataclass
from typing import Literal

from deploy.host import Secret


@dataclass(frozen=True)
class S3Settings:
    """Where a store is, and how objects are put there.

    `endpoint` is the provider's address, empty for AWS; `reach` where this machine finds it when it
    is not by that name. URLs that are signed for others always name `endpoint`.
    `path_style` puts the bucket into the path instead of the host's name.
    `storage_class` is for what is sent in parts; small objects are to be read at once.
    `checksums`: "when_supported" sends a CRC32 with small objects, which S3 keeps and `read` is
    checked against; "when_required" a Content-MD5, which older providers know too. Parts carry what
    their sender gives them. `lock_days`: for how long nobody can remove an object (Object
    Lock, compliance mode); 0 leaves it to the bucket. `max_parts` is the provider's limit.
    `access` is an access key and its secret, where not boto3's own search is to find them.
    """

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    reach: str = ""
    region: str = "us-east-1"
    path_style: bool = False
    storage_class: str = ""
    checksums: Literal["when_supported", "when_required"] = "when_supported"
    lock_days: int = 0
    max_parts: int = 10_000
    access: tuple[str, Secret] | None = None

    @property
    def base(self) -> str:
        """What every key in the bucket begins with: nothing, or a path with its slash."""
        path = self.prefix.strip("/")
        return f"{path}/" if path else ""

    @property
    def place(self) -> str:
        """What errors call it."""
        return f"s3://{self.bucket}"
