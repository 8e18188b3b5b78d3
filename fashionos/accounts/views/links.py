"""What goes by mail: recover, otp, resend, and verify, for the client (POST) and for the browser (GET)."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from fashionos.accounts.problems import AuthProblem
from fashionos.accounts.redirects import with_parameters
from fashionos.accounts.services.links import (
    PURPOSES,
    follow_link,
    request_link,
    request_otp,
    resend_change,
    resend_confirmation,
    verify_code,
    verify_link,
)
from fashionos.accounts.services.sessions import Grant
from fashionos.accounts.views.endpoint import (
    address,
    answer,
    challenge,
    endpoint,
    metadata,
    pass_door,
    pass_mail_doors,
    read_body,
    redirect,
    redirect_problem,
    redirect_target,
    text,
    truth,
    user_agent,
)
from fashionos.accounts.views.rendering import as_fragment, render_grant

ONE_OF_TWO = "Confirmation link accepted. Please proceed to confirm link sent to the other email"


@endpoint("POST")
def recover(request: HttpRequest) -> HttpResponse:
    body = read_body(request)
    email, proof_key = _recipient(request, body, "recover"), challenge(body)
    request_link("recovery", email, proof_key, redirect_target(request))
    return answer({})


@endpoint("POST")
def otp(request: HttpRequest) -> HttpResponse:
    body = read_body(request)
    data, create = metadata(body, "data"), truth(body, "create_user", default=True)
    proof_key = challenge(body)
    email = _recipient(request, body, "otp")
    request_otp(
        email,
        data,
        create=create,
        challenge=proof_key,
        redirect_to=redirect_target(request),
    )
    return answer({})


@endpoint("POST")
def resend(request: HttpRequest) -> HttpResponse:
    body = read_body(request)
    again = {"signup": resend_confirmation, "email_change": resend_change}.get(text(body, "type"))
    if again is None:
        message = "Missing one of these types: signup, email_change"
        raise AuthProblem(400, "validation_failed", message)
    proof_key = challenge(body)
    again(_recipient(request, body, "resend"), proof_key, redirect_target(request))
    return answer({})


def _recipient(request: HttpRequest, body: dict[str, Any], door_name: str) -> str:
    if not body.get("email") and body.get("phone"):
        raise AuthProblem(422, "phone_provider_disabled", "Phone logins are disabled")
    email = address(body)
    pass_door(request, door_name, settings.MAIL_RATE_PER_ADDRESS)
    pass_mail_doors(request, email)
    return email


# Browsers follow mail links without an api key.
@endpoint("GET", "POST", key=False)
def verify(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return _verify_in_browser(request)
    body = read_body(request)
    kind, code, link = _kind(body), text(body, "token"), text(body, "token_hash")
    if bool(code) == bool(link):
        message = "Verify requires either a token or a token hash"
        raise AuthProblem(400, "validation_failed", message)
    pass_door(request, "verify", settings.VERIFY_RATE_PER_ADDRESS)
    if link:
        if body.get("email") or body.get("phone"):
            message = "Only the token_hash and type should be provided"
            raise AuthProblem(400, "validation_failed", message)
        grant = verify_link(kind, link, user_agent=user_agent(request))
    else:
        grant = verify_code(kind, address(body), code, user_agent=user_agent(request))
    return answer(render_grant(grant) if grant else {"msg": ONE_OF_TWO, "code": "200"})


def _verify_in_browser(request: HttpRequest) -> HttpResponse:
    target = redirect_target(request)
    link = request.GET.get("token") or request.GET.get("token_hash", "")
    try:
        pass_door(request, "verify", settings.VERIFY_RATE_PER_ADDRESS)
        kind = _kind(request.GET.dict())
        found = follow_link(kind, link, user_agent=user_agent(request))
    except AuthProblem as problem:
        return redirect_problem(target, problem, status=303)
    if isinstance(found, Grant):
        return redirect(with_parameters(target, fragment=as_fragment(found, kind)), status=303)
    if found is None:
        said = {"message": ONE_OF_TWO}
        url = with_parameters(target, query=said, fragment={**said, "sb": ""})
        return redirect(url, status=303)
    return redirect(with_parameters(target, query={"code": found}), status=303)


def _kind(values: dict[str, Any]) -> str:
    kind = text(values, "type")
    if kind in {"sms", "phone_change"}:
        raise AuthProblem(422, "phone_provider_disabled", "Phone logins are disabled")
    if kind not in PURPOSES:
        message = (
            "Verify requires a verification type" if not kind else "Unsupported verification type"
        )
        raise AuthProblem(400, "validation_failed", message)
    return kind
