from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from fashionos.accounts.tokens import BadToken, Caller, verify_access_token


class BearerAuthentication(BaseAuthentication):
    """The caller of a verified access token. That the session lives is checked where the transaction opens."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return None
        try:
            caller: Caller = verify_access_token(token.strip())
        except BadToken as error:
            raise AuthenticationFailed(f"Sign in again: {error}.") from error
        return caller, None

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 -- DRF's signature
        return "Bearer"


class BearerInOpenApi(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself by being defined
    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002 -- drf-spectacular's signature
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
