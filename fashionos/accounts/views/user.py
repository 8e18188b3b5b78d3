"""The signed-in user's own page: seen, changed, made sure of again, and their ways in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from fashionos.accounts.problems import AuthProblem
from fashionos.accounts.services.profile import (
    Changes,
    reauthenticate,
    unlink_identity,
    update_user,
)
from fashionos.accounts.services.sessions import signed_in_user
from fashionos.accounts.views.endpoint import (
    address,
    answer,
    caller,
    challenge,
    check_password,
    endpoint,
    metadata,
    pass_door,
    pass_mail_doors,
    read_body,
    redirect_target,
    text,
    uuid,
)
from fashionos.accounts.views.rendering import render_user


@endpoint("GET", "PUT")
def user(request: HttpRequest) -> HttpResponse:
    if request.method == "PUT":
        return _change(request)
    return answer(render_user(signed_in_user(caller(request))))


def _change(request: HttpRequest) -> HttpResponse:
    who, body = caller(request), read_body(request)
    if "app_metadata" in body:
        message = "Updating app_metadata requires admin privileges"
        raise AuthProblem(403, "not_admin", message)
    if body.get("phone"):
        raise AuthProblem(422, "phone_provider_disabled", "Phone logins are disabled")
    changes = Changes(
        email=address(body) if body.get("email") else "",
        password=text(body, "password"),
        current_password=text(body, "current_password") or None,
        nonce=text(body, "nonce"),
        metadata=metadata(body, "data") if "data" in body else None,
    )
    if "password" in body:
        check_password(changes.password)
    proof_key = challenge(body)
    pass_door(request, "user", settings.USER_RATE_PER_ADDRESS)
    before = signed_in_user(who)
    if changes.password or changes.current_password:
        # Of one's own account: guessing its password from a session left open is limited like any other way.
        pass_door(request, "new_password", settings.NEW_PASSWORD_RATE_PER_ACCOUNT, str(who.id))
    if changes.email and changes.email != before.email:
        pass_mail_doors(request, changes.email)
    changed = update_user(who, changes, challenge=proof_key, redirect_to=redirect_target(request))
    return answer(render_user(changed))


@endpoint("GET")
def reauthentication(request: HttpRequest) -> HttpResponse:
    who = caller(request)
    user = signed_in_user(who)
    pass_door(request, "reauthenticate", settings.MAIL_RATE_PER_ADDRESS)
    if user.email:
        pass_mail_doors(request, user.email)
    reauthenticate(who)
    return answer({})


@endpoint("DELETE")
def identity(request: HttpRequest, identity_id: str) -> HttpResponse:
    who = caller(request)
    if not settings.AUTH_MANUAL_LINKING:
        raise AuthProblem(404, "manual_linking_disabled", "Manual linking is disabled")
    unlink_identity(who, uuid(identity_id, "identity_id"))
    return answer({})
