class AuthProblem(Exception):  # noqa: N818 -- a refusal, rendered as the answer
    """A refusal of the accounts service: HTTP status, the client's error code, a text for people.

    `extra` joins the body; `retry_after` (seconds) goes into the header of a 429.
    """

    def __init__(
        self, status: int, code: str, message: str, *, retry_after: int = 0, **extra: object
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.extra = extra
