"""What anybody may know of this instance."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from fashionos.accounts.problems import AuthProblem
from fashionos.accounts.tokens import public_jwk
from fashionos.accounts.views.endpoint import answer, endpoint


@endpoint("GET")
def public_settings(_request: HttpRequest) -> HttpResponse:
    return answer(
        {
            "external": {
                **dict.fromkeys(settings.OAUTH_PROVIDERS, True),
                "anonymous_users": settings.AUTH_ANONYMOUS,
                "email": True,
                "phone": False,
            },
            "disable_signup": settings.SIGN_UP_DISABLED,
            "mailer_autoconfirm": settings.SIGN_UP_AUTOCONFIRM,
            "phone_autoconfirm": False,
            "sms_provider": "",
            "saml_enabled": False,
            "saml_private_key_next_configured": False,
            "passkeys_enabled": False,
        }
    )


@endpoint("GET")
def health(_request: HttpRequest) -> HttpResponse:
    return answer(
        {
            "version": "1",
            "name": "FashionOS Auth",
            "description": "Accounts and sessions of FashionOS",
        }
    )


@endpoint("GET", key=False)
def jwks(_request: HttpRequest) -> HttpResponse:
    response = answer({"keys": [public_jwk()]})
    response["Cache-Control"] = "public, max-age=600"
    return response


@endpoint("GET", "POST", "PUT", "PATCH", "DELETE")
def not_found(_request: HttpRequest) -> HttpResponse:
    raise AuthProblem(404, "not_found", "No such endpoint")
