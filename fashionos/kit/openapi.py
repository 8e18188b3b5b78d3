"""OpenAPI of the functions, from the very declarations that read and write the wire."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from drf_spectacular.utils import OpenApiExample, extend_schema

F = TypeVar("F", bound=Callable[..., Any])

_REF = "#/components/schemas/{name}"
_documented: dict[str, type] = {}
_rows: dict[str, dict[str, type]] = {}
_said: dict[str, dict[int, str]] = {}  # by the summary of a function

ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "suggestions": {"type": "array", "items": {"type": "string"}},
                "details": {},
            },
        }
    },
}
REFUSALS = {
    400: "The request cannot be read",
    401: "No token, or a session that has ended",
    413: "Too large",
    429: "More than 60 calls in a minute",
    503: "Not available right now, or not switched on for this user",
}


def document_function(
    *,
    summary: str,
    request: type,
    answer: type,
    example: Mapping[str, Any],
    rows: Mapping[str, type] | None = None,
    refusals: Mapping[int, str] | None = None,
) -> Callable[[F], F]:
    """Describe a function's POST, as a decorator of its view's `create`.

    `rows` names fields of the request that are read leniently, row by row, and what their rows are; `refusals` the
    statuses that this function alone has, and what they say.
    """
    _documented[request.__name__], _documented[answer.__name__] = request, answer
    for kind in (rows or {}).values():
        _documented[kind.__name__] = kind
    _rows[request.__name__] = dict(rows or {})
    own = _said[summary] = dict(refusals or {})
    decorate: Callable[[F], F] = extend_schema(
        summary=summary,
        request={"application/json": _reference(request)},
        responses={
            200: _reference(answer),
            **{status: {"$ref": _REF.format(name="Error")} for status in {**REFUSALS, **own}},
        },
        examples=[OpenApiExample("Example", value=dict(example), request_only=True)],
    )
    return decorate


def _reference(kind: type) -> dict[str, str]:
    return {"$ref": _REF.format(name=kind.__name__)}


def schemas() -> dict[str, Any]:
    """Return the JSON Schema of every documented type, by name."""
    _, components = msgspec.json.schema_components(list(_documented.values()), ref_template=_REF)
    for request, rows in _rows.items():
        for field, kind in rows.items():
            components[request]["properties"][field]["items"] = _reference(kind)
    return {**components, "Error": ERROR}


def add_schemas(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Put the schemas into the generated document (a postprocessing hook of drf-spectacular)."""
    result.setdefault("components", {})["schemas"] = schemas()
    for path in result["paths"].values():
        for operation in path.values():
            for status, said in {**REFUSALS, **_said[operation["summary"]]}.items():
                operation["responses"][str(status)]["description"] = said
    return result


def only_functions(endpoints: list[Any], **_: Any) -> list[Any]:
    """Leave out what is no function (a preprocessing hook of drf-spectacular)."""
    return [
        endpoint
        for endpoint in endpoints
        if endpoint[0].startswith("/functions/v1/") and endpoint[2] == "POST"
    ]
