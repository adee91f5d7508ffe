"""A bucket, at any provider that speaks S3: the one door of boto3."""

from deploy.backup.stores.s3.settings import S3Settings
from deploy.backup.stores.s3.store import S3Store

__all__ = ["S3Settings", "S3Store"]
