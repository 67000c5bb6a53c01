"""Typed errors: each carries an HTTP status, a stable code and a text safe to show.

Raise the narrowest one. `node.app` turns them into an answer, in one place; nothing else does.
"""


class AllmendeError(Exception):
    """Anything we refuse or cannot do.

    `message` is for the person or the peer who asked; it never holds content, secrets or paths. It is `phrase`
    with `places` filled in (`%(name)s`), so that pages can say it in other languages.
    """

    status = 500
    code = "error"

    def __init__(self, phrase: str = "", **places: object) -> None:
        self.phrase = phrase or self.code
        self.places = places
        self.message = self.phrase % places if places else self.phrase
        super().__init__(self.message)


class Invalid(AllmendeError):
    """The request is understood and wrong; the message says what to change."""

    status = 422
    code = "invalid"


class Unauthenticated(AllmendeError):
    """Nobody, or nobody we know, is asking."""

    status = 401
    code = "unauthenticated"


class Forbidden(AllmendeError):
    """We know who asks, and they may not."""

    status = 403
    code = "forbidden"


class NotFound(AllmendeError):
    """There is no such thing, or the viewer may not know that there is."""

    status = 404
    code = "not_found"


class Conflict(AllmendeError):
    """It contradicts what is already there."""

    status = 409
    code = "conflict"


class Gone(AllmendeError):
    """It was here and has been deleted."""

    status = 410
    code = "gone"


class TooLarge(AllmendeError):
    """More bytes than the limits allow."""

    status = 413
    code = "too_large"


class Throttled(AllmendeError):
    """Too many requests; `retry_after` is in seconds."""

    status = 429
    code = "throttled"

    def __init__(self, phrase: str = "", *, retry_after: int = 60) -> None:
        super().__init__(phrase)
        self.retry_after = retry_after


class Unavailable(AllmendeError):
    """We cannot right now, for a reason on our side; asking again later is right."""

    status = 503
    code = "unavailable"


def our_fault() -> AllmendeError:
    """Return what is said when something fails that nobody foresaw; the reason is for the log alone."""
    return AllmendeError("Something went wrong on our side. Try again in a moment.")
