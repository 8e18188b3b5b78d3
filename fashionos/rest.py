"""The data API of this installation: the exposed tables, who calls, and the limits of the settings."""

from django.conf import settings

from fashionos.accounts.tokens import BadToken, api_key_role, verify_access_token
from fashionos.kit.owned import Role
from fashionos.kit.throttles import seconds_until_rest, trusted_address
from fashionos.postgrest.database import Database
from fashionos.postgrest.problems import Problem
from fashionos.postgrest.registry import NOBODY, Actor
from fashionos.postgrest.views import DataAPI, Limits
from fashionos.tables import TABLES

SERVER = Actor(Role.SYSTEM)


class KeyRefused(Problem):
    """What the gateway says of the project's key, in a shape of its own."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(401, "401", message, hint=hint)

    def document(self) -> dict[str, str | None]:
        return {"message": self.message, "hint": self.hint}


def identify(api_key: str, bearer: str) -> Actor:
    """Return who calls: the owner of the access token, else whom the key stands for. Raises Problem."""
    role = api_key_role(api_key) if api_key else None
    if role is None and settings.REQUIRE_API_KEY:
        if not api_key:
            hint = "No `apikey` request header or url param was found."
            raise KeyRefused("No API key found in request", hint)
        hint = "Double check your Supabase `anon` or `service_role` API key."
        raise KeyRefused("Invalid API key", hint)
    if bearer and bearer != api_key:
        try:
            caller = verify_access_token(bearer)
        except BadToken as error:
            role = api_key_role(bearer)
            if role is None:
                raise _bad_token(error) from error
        else:
            return Actor(Role.WEB, caller.id, caller.session_id)
    return SERVER if role == "service_role" else NOBODY


def _bad_token(error: BadToken) -> Problem:
    code, message = ("PGRST303", "JWT expired") if error.expired else ("PGRST301", str(error))
    challenge = f'Bearer error="invalid_token", error_description="{message}"'
    return Problem(401, code, message, headers={"WWW-Authenticate": challenge})


def count_request(actor: Actor, address: str, forwarded_for: str) -> None:
    """Count a request of a user, or of the address of somebody without one; the server's own are not counted."""
    if actor.user_id is not None:
        wait = seconds_until_rest(str(actor.user_id), settings.REST_RATE_PER_USER)
    elif actor.is_known:
        return
    else:
        caller = trusted_address(address, forwarded_for)
        wait = seconds_until_rest(caller, settings.REST_RATE_PER_ADDRESS)
    if wait:
        raise Problem(
            429,
            "over_request_rate_limit",
            "Request rate limit reached",
            hint=f"Try again in {wait} seconds",
            headers={"Retry-After": str(wait)},
        )


def data_api() -> DataAPI:
    return DataAPI(
        TABLES,
        identify,
        count_request,
        Database(
            statement_timeout_ms=settings.REST_STATEMENT_TIMEOUT_MS,
            min_size=settings.REST_POOL_MIN,
            max_size=settings.REST_POOL_MAX,
            timeout=settings.REST_POOL_TIMEOUT_SECONDS,
        ),
        Limits(
            rows=settings.REST_MAX_ROWS,
            written_rows=settings.REST_MAX_WRITTEN_ROWS,
            threads=settings.REST_THREADS,
            json_depth=settings.JSON_DEPTH,
        ),
    )
