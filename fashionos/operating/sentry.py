"""Errors to Sentry, where SENTRY_DSN is set: which exception, where in the code, and nothing that anybody sent."""

from typing import Any

from fashionos.kit.shell import current_request_id
from fashionos.operating.logs import without_values

# All that an event may hold. What the SDK adds besides (request, user, breadcrumbs, modules, server's name) stays here.
_KEPT = {
    *("event_id", "timestamp", "level", "platform", "logger", "exception", "environment"),
    *("release", "sdk", "type", "transaction_info"),
}


def report_errors(dsn: str, *, site: str) -> None:
    """Send what is logged as an error from now on."""
    import sentry_sdk  # noqa: PLC0415 -- nothing of it is loaded where it is not used
    from sentry_sdk.integrations.atexit import AtexitIntegration  # noqa: PLC0415 -- as above
    from sentry_sdk.integrations.dedupe import DedupeIntegration  # noqa: PLC0415 -- as above
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration  # noqa: PLC0415 -- as above
    from sentry_sdk.integrations.logging import LoggingIntegration  # noqa: PLC0415 -- as above
    from sentry_sdk.integrations.threading import ThreadingIntegration  # noqa: PLC0415 -- as above

    sentry_sdk.init(
        dsn,
        # By name: the SDK would hook into Django, and read requests.
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            LoggingIntegration(level=None),
            ExcepthookIntegration(),
            ThreadingIntegration(propagate_scope=False),
            DedupeIntegration(),
            AtexitIntegration(callback=lambda *_: None),
        ],
        before_send=scrub,
        environment=site,
        include_local_variables=False,
        max_breadcrumbs=0,
        max_request_body_size="never",
        send_default_pii=False,
        server_name="",
    )


def scrub(event: Any, hint: dict[str, Any]) -> Any:  # noqa: ARG001 -- the SDK's signature
    """Keep of an event what is known to name nobody; of the message of an exception what quotes no value."""
    kept = {name: value for name, value in event.items() if name in _KEPT}
    log = event.get("logentry") or {}
    # The words of the log line, without what was filled into them.
    kept["message"] = str(log.get("message") or event.get("message") or "")
    kept["tags"] = {"request_id": current_request_id.get()}
    for value in (kept.get("exception") or {}).get("values") or []:
        value["value"] = without_values(value.get("value") or "")
        value.pop("mechanism", None)
    return kept
