"""The table of routes: which one fits, and that people can read about each."""

from pathlib import Path

import pytest

from fashionos.storage.names import RESERVED, is_bucket_id
from fashionos.storage.views.api import ROUTES, find_route

API = (Path(__file__).resolve().parents[3] / "docs" / "api.md").read_text()


@pytest.mark.parametrize("pattern", sorted({route.pattern for route in ROUTES}))
def test_every_route_is_in_the_api_page(pattern):
    assert f"`/storage/v1/{pattern}`" in API


@pytest.mark.parametrize(
    ("method", "path", "pattern", "bucket", "rest"),
    [
        ("GET", "bucket", "bucket", "", ""),
        ("GET", "bucket/b", "bucket/{bucket}", "b", ""),
        ("POST", "object/list/b", "object/list/{bucket}", "b", ""),
        ("POST", "object/b/list/x", "object/{bucket}/{path}", "b", "list/x"),
        ("POST", "object/move", "object/move", "", ""),
        ("POST", "object/sign/b", "object/sign/{bucket}", "b", ""),
        ("POST", "object/sign/b/x/y", "object/sign/{bucket}/{path}", "b", "x/y"),
        ("GET", "object/public/b/x", "object/public/{bucket}/{path}", "b", "x"),
        ("GET", "object/info/public/b/x", "object/info/public/{bucket}/{path}", "b", "x"),
        ("GET", "object/info/b/x", "object/info/{bucket}/{path}", "b", "x"),
        ("PUT", "object/upload/sign/b/x", "object/upload/sign/{bucket}/{path}", "b", "x"),
        ("DELETE", "object/b", "object/{bucket}", "b", ""),
        ("DELETE", "object/b/x", "object/{bucket}/{path}", "b", "x"),
        ("GET", "object/b/a//b", "object/{bucket}/{path}", "b", "a//b"),
    ],
)
def test_the_route_of_a_path(method, path, pattern, bucket, rest):
    route, found, parts = find_route(method, path.split("/"))
    assert (route.pattern, found, "/".join(parts)) == (pattern, bucket, rest)


def test_no_bucket_is_called_as_a_word_of_a_route():
    words = {word for route in ROUTES for word in route.pattern.split("/")[1:2]}
    assert words - {"{bucket}", "image"} <= RESERVED
    assert not any(is_bucket_id(word) for word in RESERVED)


def test_what_needs_no_token_is_public_or_signed():
    is_open = {route.pattern for route in ROUTES if route.is_open}
    assert all("/public/" in pattern or "/sign/" in pattern for pattern in is_open)
    signing = [route for route in ROUTES if route.method == "POST"]
    assert not any(route.is_open for route in signing)
