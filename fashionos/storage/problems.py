"""Refusals as the storage client reads them: {"statusCode", "error", "message", "code"}, mostly with HTTP 400."""

from collections.abc import Mapping

_SHOWN = {416, 429, 500, 503, 507}  # statuses that HTTP itself tells; of the others the body does


class Problem(Exception):  # noqa: N818 -- a refusal, rendered as the answer
    """A refusal; `status` is the real one, which the body names."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        error: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.error = error or code
        self.headers = dict(headers or {})

    @property
    def http_status(self) -> int:
        return self.status if self.status in _SHOWN else 400

    def document(self) -> dict[str, str]:
        return {
            "statusCode": str(self.status),
            "error": self.error,
            "message": self.message,
            "code": self.code,
        }


def no_object() -> Problem:
    return Problem(404, "NoSuchKey", "Object not found", error="not_found")


def no_bucket() -> Problem:
    return Problem(404, "NoSuchBucket", "Bucket not found", error="Bucket not found")


def no_route(method: str, path: str) -> Problem:
    return Problem(404, "InvalidRequest", f"Route {method}:{path} not found", error="Not Found")


def object_exists() -> Problem:
    return Problem(409, "KeyAlreadyExists", "The resource already exists", error="Duplicate")


def bucket_exists() -> Problem:
    return Problem(409, "BucketAlreadyExists", "The resource already exists", error="Duplicate")


def bucket_not_empty() -> Problem:
    return Problem(409, "ResourceNotEmpty", "The bucket you tried to delete is not empty")


def denied(message: str = "new row violates row-level security policy") -> Problem:
    return Problem(403, "AccessDenied", message, error="Unauthorized")


def too_large() -> Problem:
    message = "The object exceeded the maximum allowed size"
    return Problem(413, "EntityTooLarge", message, error="Payload too large")


def wrong_type(mimetype: str) -> Problem:
    message = f"mime type {mimetype[:255]} is not supported"
    return Problem(415, "InvalidMimeType", message, error="invalid_mime_type")


def bad_key(name: str) -> Problem:
    return Problem(400, "InvalidKey", f"Invalid key: {name[:1024]}")


def bad_request(message: str) -> Problem:
    return Problem(400, "InvalidRequest", message)


def missing(parameter: str) -> Problem:
    return Problem(400, "MissingParameter", f"Missing Required Parameter {parameter}")


def not_offered(feature: str) -> Problem:
    return Problem(501, "NotSupported", f"{feature} is not offered by this server")


def slow_down(seconds: int) -> Problem:
    return Problem(
        429,
        "SlowDown",
        f"Too many uploads, try again in {seconds} seconds",
        error="too_many_connections",
        headers={"Retry-After": str(seconds)},
    )


def disk_full() -> Problem:
    message = "There is no space left to store this object; nothing was changed"
    return Problem(507, "InsufficientStorage", message, error="Insufficient storage")


def unavailable(what: str) -> Problem:
    message = f"The {what} is not available right now, try again"
    return Problem(503, "ServiceUnavailable", message, headers={"Retry-After": "2"})


def failed() -> Problem:
    return Problem(500, "InternalError", "Something went wrong on our side, try again")
