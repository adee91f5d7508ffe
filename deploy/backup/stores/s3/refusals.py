"""What a provider means that answers with an error, as one of ours. Pure."""

from dataclasses import dataclass
from typing import Final

from deploy.errors import AlreadyThere, NotThere, StoreError, StoreRefused, StoreUnreachable

CREDENTIALS: Final = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the profile of AWS_PROFILE"

PERMISSIONS: Final = {
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "DeleteObject": "s3:DeleteObject and s3:DeleteObjectVersion",
    "GetBucketVersioning": "s3:GetBucketVersioning",
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "ListObjectVersions": "s3:ListBucketVersions",
    "ListObjectsV2": "s3:ListBucket",
}
"""Operation of the API → what a policy must allow for it; others write."""
WRITING: Final = "s3:PutObject, and s3:PutObjectRetention where objects are locked"

UNKNOWN_KEY: Final = {
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSecurity",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnauthorizedAccess",
    "XMinioInvalidAccessKeyId",
}
EXPIRED: Final = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
FORBIDDEN: Final = {"403", "AccessDenied", "AccountProblem", "AllAccessDisabled", "Forbidden"}
ELSEWHERE: Final = {
    "301",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "PermanentRedirect",
}
BAD_PARTS: Final = {"EntityTooSmall", "InvalidPart", "InvalidPartOrder"}
ABSENT: Final = {"404", "NoSuchKey", "NoSuchVersion", "NotFound"}
BUSY: Final = {"RequestTimeout", "SlowDown", "TooManyRequests"}
SERVER_ERROR: Final = 500
NOT_IMPLEMENTED: Final = 501


@dataclass(frozen=True)
class Answer:
    """An error of the API: S3's code for it, the HTTP status, and the provider's own words."""

    operation: str
    code: str = ""
    status: int = 0
    message: str = ""
    repeated: bool = False
    """The request had been sent before, without a good answer."""

    @property
    def unknown(self) -> bool:
        """Whether the provider does not know the operation at all."""
        return self.code == "NotImplemented" or self.status == NOT_IMPLEMENTED


def meaning(place: str, bucket: str, answer: Answer) -> StoreError:
    """Say what `answer` means for `place`, and what to do about it."""
    return (
        _about_what_is_there(place, bucket, answer)
        or _about_who_asks(place, answer)
        or _about_the_provider(place, answer)
        or StoreError(place, f"{answer.operation} failed with {_said(answer)}")
    )


def _about_what_is_there(place: str, bucket: str, answer: Answer) -> StoreError | None:
    match answer.code:
        case "NoSuchBucket":
            return StoreError(
                place,
                f"there is no bucket {bucket}",
                "create it, or name another one in [backup] of deploy.toml",
            )
        case "NoSuchUpload":
            return NotThere(
                place, "its upload is gone: completed, aborted or too old", "begin it anew"
            )
        case code if code in ABSENT:
            return NotThere(place, "it is not there", "see which backups there are")
        case "412" | "PreconditionFailed":
            return AlreadyThere(place, "it is there already, and is not overwritten")
        case "409" | "ConditionalRequestConflict":
            return StoreError(place, "something else is writing it right now", "run it again")
        case code if code in BAD_PARTS:
            return StoreError(
                place,
                "its parts are not those that were sent",
                "send it again",
                detail=_said(answer),
            )
    return None


def _about_who_asks(place: str, answer: Answer) -> StoreError | None:
    words = _said(answer)
    if answer.code in EXPIRED:
        return StoreRefused(
            place,
            "the credentials have expired",
            "log in again, such as `aws sso login`",
            detail=words,
        )
    if answer.code in UNKNOWN_KEY:
        return StoreRefused(
            place, "the credentials are wrong for it", f"set {CREDENTIALS}", detail=words
        )
    if answer.code == "RequestTimeTooSkewed":
        return StoreRefused(
            place, "this machine's clock is too far from its", "set the clock", detail=words
        )
    if answer.code in FORBIDDEN:
        needed = PERMISSIONS.get(answer.operation, WRITING)
        return StoreRefused(
            place,
            f"the credentials do not allow {answer.operation}",
            f"allow them {needed}, or set {CREDENTIALS}",
            detail=words,
        )
    return None


def _about_the_provider(place: str, answer: Answer) -> StoreError | None:
    if answer.code in ELSEWHERE:
        return StoreError(
            place,
            "the bucket is in another region",
            "name its region in [backup] of deploy.toml",
            detail=_said(answer),
        )
    if answer.unknown:
        return StoreError(
            place,
            f"the provider does not know {answer.operation}",
            "keep backups with another one",
            detail=_said(answer),
        )
    if answer.code in BUSY or answer.status >= SERVER_ERROR:
        return StoreUnreachable(
            place,
            f"it is too busy, or broken: {_said(answer)}, several times",
            "run it again later",
        )
    return None


def _said(answer: Answer) -> str:
    status = f" ({answer.status})" if answer.status and str(answer.status) != answer.code else ""
    words = f": {answer.message}" if answer.message else ""
    return f"{answer.code}{status}{words}"
