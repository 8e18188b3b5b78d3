"""Signed URLs: one thing, to one object, until they expire; and never anything else."""

import time
from urllib.parse import quote

import jwt
import pytest

from fashionos.accounts.services.sessions import sign_out
from fashionos.accounts.tokens import BadToken, api_key_role, verify_access_token
from fashionos.storage import links
from fashionos.storage.links import Link
from fashionos.storage.problems import Problem
from fashionos.storage.tests.conftest import SERVER


def now():
    return int(time.time())


def sign(storage, person, name, **extra):
    seen = storage(person, "POST", f"object/sign/attic/{name}", {"expiresIn": 600, **extra})
    assert seen.status == 200, seen
    return seen.document["signedURL"].removeprefix("/")


def sign_upload(storage, person, name, **headers):
    seen = storage(person, "POST", f"object/upload/sign/attic/{name}", {}, headers=headers)
    assert seen.status == 200, seen
    return seen.document["url"].removeprefix("/")


def follow(storage, url, method="GET", document=None, *, raw=False):
    path, _, query = url.partition("?")
    return storage(None, method, path, document, query=query, raw=raw)


@pytest.fixture
def note(storage, alice):
    name = f"{alice.id}/note 1.txt"
    assert storage.upload(alice, name, b"hello").status == 200
    return name


def test_a_link_needs_no_other_token_and_bears_ranges(storage, alice, note):
    url = sign(storage, alice, note)
    assert url.startswith(f"object/sign/attic/{note}?token=")
    seen = follow(storage, url)
    assert (seen.status, seen.body) == (200, b"hello")
    assert "vary" not in seen.headers
    path, _, query = url.partition("?")
    part = storage(None, "HEAD", path, query=f"{query}&download=", headers={"range": "bytes=1-2"})
    assert (part.status, part.headers["content-length"]) == (206, "2")
    assert part.headers["content-disposition"] == 'attachment; filename="note 1.txt"'


def test_a_link_of_a_machine_whose_clock_is_ahead_opens(storage, alice, note):
    token = links.sign("download", Link(f"attic/{note}"), now=now() + 20, seconds=600)
    assert follow(storage, f"object/sign/attic/{note}?token={token}").body == b"hello"


def test_a_link_outlives_the_session_and_dies_with_the_object(storage, alice, note):
    url = sign(storage, alice, note)
    sign_out(alice.caller, "global")
    assert follow(storage, url).status == 200
    storage(SERVER, "DELETE", "object/attic", {"prefixes": [note]})
    assert follow(storage, url).refusal == (400, "404", "NoSuchKey")


def test_odd_names_come_through_a_link_as_the_client_encodes_it(storage, alice):
    """It encodes what is no URL yet (encodeURI), and leaves %, ? and # to us."""
    for odd in ("100%.txt", "%41", "a?b#c", "é ü", "a+b&c=d;e,f@g:h$"):
        name = f"{alice.id}/{odd}"
        assert storage.upload(alice, name, odd.encode()).status == 200
        path, _, query = sign(storage, alice, name).partition("?")
        encoded = quote(path, safe="/?#;,:@&=+$-_.!~*'()")
        assert "?" not in encoded
        assert "#" not in encoded
        assert storage(None, "GET", encoded, query=query, raw=True).body == odd.encode(), odd


def test_a_token_is_for_its_object_alone(storage, alice, bob, note):
    other, mine = f"{alice.id}/other.txt", f"{bob.id}/mine.txt"
    storage.upload(alice, other, b"secret")
    storage.upload(bob, mine, b"mine")
    token = sign(storage, bob, mine).partition("?")[2]
    for name in (note, other, f"{bob.id}/../{note}", f"{mine}/../../{note}"):
        seen = storage(None, "GET", f"object/sign/attic/{name}", query=token)
        assert seen.refusal == (400, "400", "InvalidSignature"), name
    seen = storage(None, "GET", f"object/sign/window/{mine}", query=token)
    assert seen.refusal == (400, "400", "InvalidSignature")


def test_tokens_that_are_none(storage, alice, note):
    url = f"attic/{note}"
    good = links.sign("download", Link(url), now=now(), seconds=600)
    head, payload, signature = good.split(".")
    unsigned = jwt.encode(
        {"url": url, "scope": "download", "exp": now() + 600}, "", algorithm="none"
    )
    [key], [other] = links._keys("download"), links._keys("upload")
    for token, code in (
        ("", "InvalidJWT"),
        ("x", "InvalidJWT"),
        ("a.b.c", "InvalidJWT"),
        (f"{head}.{payload}.{signature[::-1]}", "InvalidJWT"),
        (unsigned, "InvalidJWT"),
        (alice.token, "InvalidJWT"),
        (links.sign("upload", Link(url), now=now(), seconds=600), "InvalidJWT"),
        (jwt.encode({"url": url, "scope": "upload", "exp": now() + 600}, key), "InvalidJWT"),
        (jwt.encode({"url": url, "scope": "download"}, key), "InvalidJWT"),
        (jwt.encode({"url": url, "scope": "download", "exp": now() + 600}, other), "InvalidJWT"),
        (jwt.encode({"url": 1, "scope": "download", "exp": now() + 600}, key), "InvalidJWT"),
        (jwt.encode({"url": url, "scope": "download", "exp": now() + 600}, "x" * 32), "InvalidJWT"),
        (links.sign("download", Link(url), now=now() - 1200, seconds=600), "ExpiredToken"),
        (links.sign("download", Link(url + "x"), now=now(), seconds=600), "InvalidSignature"),
    ):
        seen = storage(None, "GET", f"object/sign/attic/{note}", query=f"token={token}")
        assert seen.refusal == (400, "400", code), token
        assert b"hello" not in seen.body
    assert storage(None, "GET", f"object/sign/{url}", query=f"token={good}").body == b"hello"


def test_no_link_is_a_key_or_a_session(storage, alice, note):
    for token in (
        sign(storage, alice, note).partition("token=")[2],
        sign_upload(storage, alice, f"{alice.id}/new").partition("token=")[2],
        sign_upload(storage, SERVER, "house/new").partition("token=")[2],
    ):
        assert api_key_role(token) is None
        with pytest.raises(BadToken):
            verify_access_token(token)
        for path in (f"object/attic/{note}", "bucket"):
            seen = storage(None, "GET", path, headers={"authorization": f"Bearer {token}"})
            assert seen.refusal == (400, "403", "AccessDenied")


def test_an_upload_link_takes_one_name(storage, alice):
    name = f"{alice.id}/new 1.txt"
    url = sign_upload(storage, alice, name)
    other = url.replace("new", "old")
    for bad in (other, url.replace("attic", "window")):
        seen = follow(storage, bad, "PUT", b"x", raw=True)
        assert seen.refusal == (400, "400", "InvalidSignature")
    assert follow(storage, url, "PUT", b"first", raw=True).document["Key"] == f"attic/{name}"
    again = follow(storage, url, "PUT", b"second", raw=True)
    assert again.refusal == (400, "409", "KeyAlreadyExists")
    assert storage.read(alice, name) == b"first"
    [row] = storage(alice, "DELETE", "object/attic", {"prefixes": [name]}).document
    assert row["owner"] == str(alice.id)


def test_an_upload_link_replaces_only_if_it_was_made_to(storage, alice):
    name = f"{alice.id}/new.txt"
    storage.upload(alice, name, b"old")
    refused = storage(alice, "POST", f"object/upload/sign/attic/{name}", {})
    assert refused.refusal == (400, "409", "KeyAlreadyExists")
    path, _, query = sign_upload(storage, alice, name, **{"x-upsert": "true"}).partition("?")
    for content in (b"one", b"two"):
        headers = {"x-upsert": "false"}
        assert storage(None, "PUT", path, content, query=query, headers=headers).status == 200
        assert storage.read(alice, name) == content


def test_download_and_upload_links_do_not_stand_for_each_other(storage, alice, note):
    token = sign(storage, alice, note).partition("?")[2]
    seen = storage(None, "PUT", f"object/upload/sign/attic/{note}", b"evil", query=token)
    assert seen.refusal == (400, "400", "InvalidJWT")
    name = f"{alice.id}/x"
    upload = sign_upload(storage, alice, name).partition("?")[2]
    storage.upload(alice, name, b"secret")
    seen = storage(None, "GET", f"object/sign/attic/{name}", query=upload)
    assert seen.refusal == (400, "400", "InvalidJWT")
    assert storage.read(alice, note) == b"hello"


def test_an_upload_link_dies_with_the_session_that_made_it(storage, alice):
    url = sign_upload(storage, alice, f"{alice.id}/late.txt")
    house = sign_upload(storage, SERVER, f"{alice.id}/from the house.txt")
    sign_out(alice.caller, "local")
    seen = follow(storage, url, "PUT", b"x", raw=True)
    assert seen.refusal == (400, "403", "AccessDenied")
    assert storage.files() == []
    assert follow(storage, house, "PUT", b"x", raw=True).status == 200


def test_many_are_signed_at_once(storage, alice, note):
    names = [note, f"{alice.id}/missing", "a\nb"]
    signed = storage(alice, "POST", "object/sign/attic", {"expiresIn": 60, "paths": names}).document
    assert [entry["path"] for entry in signed] == names
    assert [entry["error"] is None for entry in signed] == [True, False, False]
    assert follow(storage, signed[0]["signedURL"].removeprefix("/")).body == b"hello"


def test_bad_requests_for_links(storage, alice, note):
    for document in (
        {},
        {"expiresIn": 0},
        {"expiresIn": -5},
        {"expiresIn": "60"},
        {"expiresIn": 10**12},
        {"expiresIn": 60, "transform": {"width": 0}},
        b"[",
        b"",
    ):
        seen = storage(alice, "POST", f"object/sign/attic/{note}", document)
        assert seen.refusal == (400, "400", "InvalidRequest"), document
    for paths in ([], ["x"] * 1001, [1], "x"):
        asked = {"expiresIn": 60, "paths": paths}
        assert storage(alice, "POST", "object/sign/attic", asked).document["statusCode"] == "400"


def test_a_former_secret_still_opens_and_no_longer_signs(settings):
    links._keys.cache_clear()
    try:
        token = links.sign("download", Link("a/b"), now=now(), seconds=600)
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another secret of forty characters, yes!"
        links._keys.cache_clear()
        assert links.read("download", token, {"a/b"}).url == "a/b"
        assert links.sign("download", Link("a/b"), now=now(), seconds=600) != token
        settings.SECRET_KEY_FALLBACKS = []
        links._keys.cache_clear()
        with pytest.raises(Problem):
            links.read("download", token, {"a/b"})
    finally:
        links._keys.cache_clear()
