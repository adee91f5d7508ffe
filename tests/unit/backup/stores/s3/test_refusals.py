import pytest

from deploy.backup.stores.s3.refusals import Answer, meaning
from deploy.errors import AlreadyThere, NotThere, StoreError, StoreRefused, StoreUnreachable

PLACE = "s3://vault/app/x"


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (Answer("GetObject", "NoSuchKey", 404), NotThere, "it is not there."),
        (Answer("HeadObject", "404", 404), NotThere, "it is not there."),
        (Answer("UploadPart", "NoSuchUpload", 404), NotThere, "its upload is gone"),
        (Answer("PutObject", "PreconditionFailed", 412), AlreadyThere, "is not overwritten."),
        (
            Answer("PutObject", "ConditionalRequestConflict", 409),
            StoreError,
            "writing it right now",
        ),
        (Answer("PutObject", "NoSuchBucket", 404), StoreError, "there is no bucket vault."),
        (Answer("PutObject", "AccessDenied", 403), StoreRefused, "s3:PutObject, and"),
        (Answer("ListObjectsV2", "AccessDenied", 403), StoreRefused, "allow them s3:ListBucket,"),
        (Answer("HeadObject", "403", 403), StoreRefused, "do not allow HeadObject."),
        (Answer("GetObject", "ExpiredToken", 400), StoreRefused, "have expired. log in again"),
        (Answer("GetObject", "InvalidAccessKeyId", 403), StoreRefused, "are wrong for it. set AWS"),
        (Answer("GetObject", "RequestTimeTooSkewed", 403), StoreRefused, "set the clock."),
        (Answer("GetObject", "PermanentRedirect", 301), StoreError, "name its region"),
        (Answer("GetObject", "SlowDown", 503), StoreUnreachable, "SlowDown (503)"),
        (Answer("GetObject", "Odd", 502), StoreUnreachable, "Odd (502)"),
        (Answer("GetObject", "NotImplemented", 501), StoreError, "does not know GetObject."),
        (Answer("GetObject", "Odd", 400, "so"), StoreError, "GetObject failed with Odd (400): so."),
    ],
)
def test_each_answer_has_a_meaning(answer: Answer, kind: type[StoreError], says: str) -> None:
    error = meaning(PLACE, "vault", answer)

    assert type(error) is kind
    assert str(error).startswith(f"{PLACE}: ")
    assert says in str(error)


def test_the_providers_own_words_are_kept() -> None:
    answer = Answer("GetObject", "AccessDenied", 403, "not by this door")

    assert meaning(PLACE, "vault", answer).detail == "AccessDenied (403): not by this door"
