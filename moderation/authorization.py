"""OAuth 2 (RFC 6749, 7009, 7636) by Authlib's rules.

Authlib asks for a client, a code or a token while it decides, and cannot wait for the database. So the rows are read
before it runs, `Server` holds them ready, and what it decides stands in `Server` afterwards, to be written in the same
transaction. Nothing here reads or writes anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from authlib.oauth2 import OAuth2Error, OAuth2Request
from authlib.oauth2.base import invalid_error_characters
from authlib.oauth2.rfc6749 import (
    AuthorizationCodeMixin,
    AuthorizationServer,
    ClientMixin,
    InvalidRequestError,
    InvalidScopeError,
    UnauthorizedClientError,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import OAuth2Payload
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge

from node.domain.clients import SCOPES, Application, Code, narrowed
from node.store.tokens import fresh, hashed

CLIENT_AUTHENTICATION = ["client_secret_basic", "client_secret_post"]
CHALLENGE = "S256"

_SECURE = "https://localhost"  # Authlib wants to see TLS; for our own address `node.config.check` sees to it
_PUT_INTO_TEXTS = ("response_type", "redirect_uri")
_TEXTS = {
    "invalid_client": "Client authentication failed due to unknown client, no client authentication included, "
    "or unsupported authentication method.",
    "invalid_grant": "The provided authorization grant is invalid, expired, revoked, does not match the redirection "
    "URI used in the authorization request, or was issued to another client.",
    "unsupported_grant_type": "The authorization grant type is not supported by the authorization server.",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What a client is answered."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]


class _Payload(OAuth2Payload):
    def __init__(self, parameters: Iterable[tuple[str, str]]) -> None:
        self._lists: dict[str, list[str]] = {}
        for name, value in parameters:
            self._lists.setdefault(name, []).append(value)
        self._data = {name: values[-1] for name, values in self._lists.items()}

    @property
    def data(self) -> dict[str, str]:
        return self._data

    @property
    def datalist(self) -> dict[str, list[Any]]:
        return self._lists


class Request(OAuth2Request):
    """What a client sent: its parameters in order, and its Authorization header.

    claimed: the public name of the client this says it comes from.
    """

    payload: _Payload

    def __init__(self, parameters: Iterable[tuple[str, str]], *, authorization: str = "") -> None:
        try:
            name, _ = extract_basic_authorization({"Authorization": authorization})
        except UnicodeDecodeError:  # of a name and a secret that are no text
            name, authorization = None, ""
        super().__init__("POST", _SECURE, headers={"Authorization": authorization})
        self.payload = _Payload(parameters)
        claimed = name or self.form.get("client_id", "")
        self.claimed = claimed if claimed.isprintable() else ""  # PostgreSQL stops at a NUL

    @property
    def form(self) -> dict[str, str]:
        """The parameters; the last of those with one name."""
        return self.payload.data


class _Client(ClientMixin):
    """A client, as Authlib asks about it. Each keeps a secret: Mastodon knows no others."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def get_default_redirect_uri(self) -> str:
        return ""  # it has to be named

    def get_allowed_scope(self, scope: Any) -> Any:
        scopes = narrowed((scope or "").split(), self._application.scopes)
        return None if scopes is None else " ".join(scopes)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self._application.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return compare_digest(hashed(client_secret), self._application.secret_hash)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in CLIENT_AUTHENTICATION

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return True


class _Code(AuthorizationCodeMixin):
    def __init__(self, code: Code) -> None:
        self.code = code

    def get_redirect_uri(self) -> str:
        return self.code.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.code.scopes)


class _Challenge(CodeChallenge):
    """Proof that who exchanges a code is who asked for it; only as a digest, for the proof itself must not travel.

    Not demanded: of Mastodon's clients many send none, and each has a secret of its own (`_Client`).
    """

    def validate_code_challenge(self, grant: Any, redirect_uri: Any) -> None:
        asked = grant.request.form
        if asked.get("code_challenge") and asked.get("code_challenge_method") != CHALLENGE:
            raise InvalidRequestError("Unsupported 'code_challenge_method'")
        super().validate_code_challenge(grant, redirect_uri)

    def get_authorization_code_challenge(self, authorization_code: _Code) -> str:
        return authorization_code.code.challenge

    def get_authorization_code_challenge_method(self, authorization_code: _Code) -> str:
        return CHALLENGE


class _CodeGrant(AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = CLIENT_AUTHENTICATION
    server: "Server"

    def generate_authorization_code(self) -> str:
        return fresh()

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        self.server.secret, self.server.scopes = code, tuple(request.scope.split())

    def query_authorization_code(self, code: str, client: ClientMixin) -> _Code | None:
        return self.server.usable_code()

    def authenticate_user(self, authorization_code: _Code) -> int:
        self.server.account_id = authorization_code.code.account_id
        return authorization_code.code.account_id

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        """It stays, marked as used, so that a second use is noticed."""


class _OwnGrant(ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = CLIENT_AUTHENTICATION


class _Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = CLIENT_AUTHENTICATION
    server: "Server"

    def authenticate_token(self, request: Any, client: Any) -> bool:
        if not request.form.get("token"):
            raise InvalidRequestError("Missing 'token' in request.")
        if self.server.token_of not in (None, self.server.client_id):
            raise UnauthorizedClientError("You are not authorized to revoke this token", status_code=403)
        return True

    def revoke_token(self, token: bool, request: Any) -> None:
        self.server.revoked = True


class Server(AuthorizationServer):
    """Decides one request of a client.

    application: the client it says it comes from, None when there is no such. code: the code it shows, if there is
    one and its member is active. token_of: the public name of the client that the token it shows was given to, '' for
    none; None when there is no such token.

    Afterwards `secret` and `scopes` are those of a code or token to be kept, for the member `account_id` or, without,
    for the client itself. `replayed` says that a code was shown again, so that what it gave has to end; `revoked`
    that the token which was shown has to.
    """

    def __init__(
        self, application: Application | None, *, now: int, code: Code | None = None, token_of: str | None = None
    ) -> None:
        super().__init__(scopes_supported=SCOPES)
        self._application, self._code, self._now = application, code, now
        self.client_id = application.client_id if application else ""
        self.token_of = token_of
        self.secret = ""
        self.scopes: tuple[str, ...] = ()
        self.account_id: int | None = None
        self.replayed = self.revoked = False
        self._consent: Any = None
        self.register_grant(_CodeGrant, [_Challenge()])
        self.register_grant(_OwnGrant)
        self.register_endpoint(_Revocation)

    def check(self, request: Request) -> str:
        """Return where a client that asks a member for access is answered; `request.scope` tells what for.

        Raises:
            OAuth2Error: it asks wrongly; with a `redirect_uri` when that is certain.
        """
        self._consent = self.get_consent_grant(request)  # type: ignore[no-untyped-call]
        redirect_uri: str = self._consent.redirect_uri
        return redirect_uri

    def decide(self, request: Request, account_id: int | None) -> str:
        """Return the address that tells a client, checked before, what a member decided; None: no."""
        reply = self.create_authorization_response(request, grant_user=account_id, grant=self._consent)
        assert isinstance(reply, Reply)
        return reply.headers["Location"]

    def give(self, request: Request) -> Reply:
        """Return the answer to a client that asks for a token."""
        reply = self.create_token_response(request)
        assert isinstance(reply, Reply)
        return reply

    def take(self, request: Request) -> Reply:
        """Return the answer to a client that gives a token back."""
        reply: Reply = self.create_endpoint_response("revocation", request)  # type: ignore[no-untyped-call]
        return reply

    def usable_code(self) -> _Code | None:
        """Return the code that was shown, if it is this client's, not over, and not used yet."""
        if self._application is None or self._code is None or self._code.application_id != self._application.id:
            return None
        self.replayed = bool(self._code.token_hash)
        return _Code(self._code) if not self.replayed and self._code.expires_at > self._now else None

    def generate_token(
        self,
        grant_type: str,
        client: ClientMixin,
        user: Any = None,
        scope: str | None = None,
        expires_in: int | None = None,
        include_refresh_token: bool = True,
    ) -> dict[str, str | int]:
        """Return a new access token. It lasts until it is revoked: Mastodon's clients do not renew theirs."""
        scopes = client.get_allowed_scope(scope or "")
        if scopes is None:
            raise InvalidScopeError()
        self.secret, self.scopes = fresh(), tuple(scopes.split())
        return {
            "access_token": self.secret,
            "token_type": "Bearer",
            "scope": scopes,
            "created_at": self._now // 1000,
        }

    def query_client(self, client_id: str) -> _Client | None:  # type: ignore[override]
        """Return the client, if it is the one that was found."""
        return _Client(self._application) if self._application and client_id == self.client_id else None

    def save_token(self, token: Any, request: OAuth2Request) -> None:
        """It is kept by who asked for this decision."""

    def send_signal(self, name: Any, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Any) -> Request:
        """Return the request, which is one already."""
        found: Request = request
        return found

    def get_authorization_grant(self, request: Any) -> Any:
        """Return what decides about a member's consent."""
        # Authlib builds texts from these, and stops at signs that texts of errors must not have.
        if any(invalid_error_characters(request.form.get(name, "")) for name in _PUT_INTO_TEXTS):
            raise InvalidRequestError()
        return super().get_authorization_grant(request)

    def handle_error_response(self, request: OAuth2Request, error: OAuth2Error) -> Reply:
        """Return an error with Mastodon's status and words."""
        if error.error == "invalid_client":
            error.status_code = 401
        error.description = _TEXTS.get(error.error or "", error.description)
        reply: Reply = super().handle_error_response(request, error)  # type: ignore[assignment]
        return reply

    def handle_response(self, status: int, body: Any, headers: Any) -> Reply:
        """Return an answer."""
        return Reply(status, dict(body or {}), dict(headers))
