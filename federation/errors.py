"""What can be wrong with a peer, its messages and its answers."""

from node.errors import AllmendeError


class FederationError(AllmendeError):
    """Any trouble that came over the wire."""


class Malformed(FederationError):
    """Not what the format asks for: broken JSON, duplicate header, missing field."""

    status = 400
    code = "malformed"


class BadSignature(FederationError):
    """No signature, or one that does not hold."""

    status = 401
    code = "bad_signature"


class Refused(FederationError):
    """A peer, an address or an act that our policy does not allow."""

    status = 403
    code = "refused"


class Unsupported(FederationError):
    """Well formed, and nothing we act on. It ends quietly."""

    status = 202
    code = "unsupported"


class Retry(FederationError):
    """Cannot be handled yet; `waits_for` names the uri whose arrival would change that."""

    status = 503
    code = "retry"

    def __init__(self, phrase: str = "", *, waits_for: str | None = None) -> None:
        super().__init__(phrase)
        self.waits_for = waits_for


class Unreachable(FederationError):
    """The other side did not answer, or not as a server should."""

    status = 502
    code = "unreachable"


class Vanished(FederationError):
    """The other side says that it is gone for good (404 or 410)."""

    status = 404
    code = "vanished"

    def __init__(self, phrase: str = "", *, gone: bool = False) -> None:
        super().__init__(phrase)
        self.gone = gone
