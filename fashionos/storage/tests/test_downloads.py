"""Downloads: ranges and conditions over the wire, names, and what a browser would run."""

import asyncio
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fashionos.storage.actors import SERVER as SERVER_ACTOR
from fashionos.storage.downloads import content_headers
from fashionos.storage.models import StoredObject
from fashionos.storage.services import NewFile, put_object
from fashionos.storage.stores import store
from fashionos.storage.tests.conftest import SERVER
from fashionos.storage.transactions import act
from fashionos.storage.uploads import Draft

CONTENT = bytes(range(256)) * 4


@pytest.fixture
def film(storage, alice):
    name = f"{alice.id}/film 1.mov"
    seen = storage.upload(
        alice, name, CONTENT, content_type="video/quicktime", cache_control="max-age=60"
    )
    assert seen.status == 200
    return name


def test_a_download_says_what_it_is(storage, alice, film):
    seen = storage(alice, "GET", f"object/attic/{film}")
    assert (seen.status, seen.body) == (200, CONTENT)
    headers = seen.headers
    assert headers["content-type"] == "video/quicktime"
    assert headers["content-length"] == "1024"
    assert headers["cache-control"] == "max-age=60"
    assert headers["accept-ranges"] == "bytes"
    assert headers["vary"] == "Authorization"
    assert headers["etag"].startswith('"')
    assert headers["last-modified"].endswith("GMT")
    assert "content-disposition" not in headers
    head = storage(alice, "HEAD", f"object/attic/{film}")
    assert (head.status, head.body) == (200, b"")
    assert {**head.headers, "x-request-id": ""} == {**headers, "x-request-id": ""}


def test_parts_and_what_the_client_has_already(storage, alice, film):
    def ask(**headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return storage(alice, "GET", f"object/attic/{film}", headers=sent)

    whole = ask()
    tag, date = whole.headers["etag"], whole.headers["last-modified"]
    for header, start, stop in (("0-9", 0, 10), ("1000-", 1000, 1024), ("-1", 1023, 1024)):
        part = ask(range=f"bytes={header}")
        assert (part.status, part.body) == (206, CONTENT[start:stop])
        assert part.headers["content-range"] == f"bytes {start}-{stop - 1}/1024"
        assert part.headers["content-length"] == str(stop - start)
    behind = ask(range="bytes=1024-")
    assert behind.refusal == (416, "416", "InvalidRange")
    assert behind.headers["content-range"] == "bytes */1024"
    assert ask(range="bytes=0-1,5-6").body == CONTENT
    for headers in ({"if_none_match": tag}, {"if_modified_since": date}):
        unchanged = ask(**headers, range="bytes=0-1")
        assert (unchanged.status, unchanged.body) == (304, b"")
        assert (unchanged.headers["etag"], unchanged.headers["cache-control"]) == (
            tag,
            "max-age=60",
        )
        assert "content-length" not in unchanged.headers
    assert ask(if_range=tag, range="bytes=0-1").status == 206
    assert ask(if_range=date, range="bytes=0-1").status == 206
    storage.upload(alice, film, CONTENT, x_upsert="true")
    assert ask(if_none_match=tag).status == 200
    assert ask(if_range=tag, range="bytes=0-1").status == 200


def test_empty_files_and_ranges_of_them(storage, alice):
    storage.upload(alice, f"{alice.id}/a", b"")
    path = f"object/attic/{alice.id}/a"
    assert storage(alice, "GET", path).headers["content-length"] == "0"
    assert storage(alice, "GET", path, headers={"range": "bytes=0-"}).status == 416


def test_versions_are_the_one_there_is_or_none(storage, alice, film):
    version = storage(alice, "GET", f"object/info/attic/{film}").document["version"]
    for path in (f"object/attic/{film}", f"object/info/attic/{film}"):
        assert storage(alice, "GET", path, query=f"versionId={version}").status == 200
        seen = storage(alice, "GET", path, query=f"versionId={alice.id}")
        assert seen.refusal == (400, "404", "NoSuchKey")


def test_saved_under_a_name(storage, alice, film):
    for query, shown in (
        ("download", 'attachment; filename="film 1.mov"'),
        ("download=", 'attachment; filename="film 1.mov"'),
        ("download=look.mov", 'attachment; filename="look.mov"'),
        ("download=%C3%A9.mov", "attachment; filename*=utf-8''%C3%A9.mov"),
        ("download=%25C3%25A9.mov", "attachment; filename*=utf-8''%C3%A9.mov"),
        ('download="%0d%0ax: y', 'attachment; filename="\\"x: y"'),
    ):
        seen = storage(alice, "GET", f"object/attic/{film}", query=query.replace(" ", "+"))
        assert seen.headers["content-disposition"] == shown, query


def row(mimetype):
    return StoredObject(name="a/b.x", mimetype=mimetype)


@pytest.mark.parametrize(
    "mimetype",
    [
        *("image/png", "image/webp", "video/mp4", "audio/mpeg", "font/woff2", "application/pdf"),
        *("text/plain;charset=UTF-8", "text/csv", "application/json", "application/octet-stream"),
    ],
)
def test_what_shows_is_shown(mimetype):
    assert content_headers(row(mimetype), download=None) == {"Content-Type": mimetype}


@pytest.mark.parametrize(
    "mimetype",
    [
        *("text/html", "TEXT/HTML; charset=utf-8", "application/xhtml+xml", "text/xml"),
        *("application/xml", "application/atom+xml", "text/javascript", "application/javascript"),
        *("text/ecmascript", "application/x-javascript", "text/css", "text/vbscript", "text/xsl"),
        *("application/mathml+xml", "image/foo+xml", "text/x-anything"),
    ],
)
def test_what_would_run_is_text_in_a_sandbox(mimetype):
    headers = content_headers(row(mimetype), download=None)
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "sandbox" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "mimetype",
    [
        *("image/svg+xml", "IMAGE/SVG+XML", "application/x-shockwave-flash", "application/zip"),
        *("multipart/x-mixed-replace", "message/rfc822", "application/wasm", "x/y"),
        *("image/png;a=b,text/html", "application/pdf;,image/svg+xml"),
    ],
)
def test_what_nobody_knows_is_saved_in_a_sandbox(mimetype):
    headers = content_headers(row(mimetype), download=None)
    assert headers["Content-Type"] == mimetype
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["Content-Disposition"].startswith("attachment")


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_name_breaks_a_header(name, download):
    shown = content_headers(StoredObject(name=name or "a", mimetype="a/b"), download=download)
    for value in shown.values():
        assert value.isprintable()
        assert value.encode("latin-1", "replace")


def test_a_file_that_is_replaced_between_row_and_file_is_sent_as_it_is_now(
    storage, alice, film, monkeypatch
):
    real, replaced = type(store()).read, []

    def read(self, version, start, stop):
        if not replaced:
            replaced.append(version)
            new = NewFile(uuid4(), 3, "text/plain")
            draft = Draft(store(), new.version)
            draft.finish(b"new")
            act(SERVER_ACTOR, lambda: put_object(SERVER_ACTOR, "attic", film, new, upsert=True))
        return real(self, version, start, stop)

    monkeypatch.setattr(type(store()), "read", read)
    assert storage.read(alice, film) == b"new"
    assert storage.files() == [3]


def test_a_file_that_is_lost_is_as_if_it_were_not_there(storage, alice, film):
    for path in storage.folder.glob("*/*"):
        path.unlink()
    assert storage(alice, "GET", f"object/attic/{film}").refusal == (400, "404", "NoSuchKey")


def test_a_reader_is_not_disturbed_by_a_new_version(storage, alice, film):
    old = storage(alice, "GET", f"object/info/attic/{film}").document["version"]
    reader = store().read(UUID(old), 0, len(CONTENT))
    storage.upload(alice, film, b"new", x_upsert="true")
    assert storage.files() == [3]
    assert reader.read(2000) == CONTENT
    reader.close()


# Pictures


@pytest.fixture
def picture(storage, alice):
    name = f"{alice.id}/look.jpg"
    file = BytesIO()
    Image.new("RGB", (400, 200), (200, 30, 30)).save(file, "JPEG")
    assert storage.upload(alice, name, file.getvalue(), content_type="image/jpeg").status == 200
    return name


def test_pictures_are_made_smaller_never_larger(storage, alice, picture):
    for query, size, kind in (
        ("width=100", (100, 50), "JPEG"),
        ("height=100", (200, 100), "JPEG"),
        ("width=100&height=100", (100, 100), "JPEG"),
        ("width=100&height=100&resize=contain", (100, 50), "JPEG"),
        ("width=100&height=100&resize=fill", (100, 100), "JPEG"),
        ("width=800&height=800", (200, 200), "JPEG"),
        ("width=800", (400, 200), "JPEG"),
        ("quality=20", (400, 200), "JPEG"),
    ):
        path = f"render/image/authenticated/attic/{picture}"
        seen = storage(alice, "GET", path, query=query)
        shown = Image.open(BytesIO(seen.body))
        assert (shown.size, shown.format) == (size, kind), query
        assert seen.headers["content-type"] == "image/jpeg"
        again = storage(
            alice, "GET", path, query=query, headers={"if-none-match": seen.headers["etag"]}
        )
        assert again.status == 304
    accept = {"accept": "image/avif,image/webp,*/*"}
    for query, kind in (("width=10", "image/webp"), ("width=10&format=origin", "image/jpeg")):
        seen = storage(alice, "GET", path, query=query, headers=accept)
        assert seen.headers["content-type"] == kind


def test_pictures_by_link_are_what_was_signed(storage, alice, picture):
    signed = storage(
        alice,
        "POST",
        f"object/sign/attic/{picture}",
        {"expiresIn": 60, "transform": {"width": 20, "height": 20}},
    ).document["signedURL"]
    assert signed.startswith("/render/image/sign/")
    path, _, query = signed.removeprefix("/").partition("?")
    seen = storage(None, "GET", path, query=f"width=300&{query}")
    assert Image.open(BytesIO(seen.body)).size == (20, 20)
    assert storage(None, "GET", path, query="width=300").document["code"] == "InvalidJWT"


def test_what_is_no_picture_is_refused(storage, alice, picture):
    storage.upload(alice, f"{alice.id}/a", b"no picture", content_type="image/jpeg")
    half = storage.read(alice, picture)[:500]
    storage.upload(alice, f"{alice.id}/half.jpg", half, content_type="image/jpeg")
    for name, query in (
        (f"{alice.id}/a", "width=10"),
        (f"{alice.id}/half.jpg", "width=10"),
        (picture, "width=0"),
        (picture, "width=99999"),
        (picture, "resize=explode"),
        (picture, "quality=101"),
        (picture, "width=x"),
    ):
        seen = storage(alice, "GET", f"render/image/authenticated/attic/{name}", query=query)
        assert seen.refusal == (400, "400", "InvalidRequest"), query


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(storage, alice):
    file = BytesIO()
    Image.new("1", (20_000, 20_000)).save(file, "PNG")
    storage.upload(alice, f"{alice.id}/bomb.png", file.getvalue(), content_type="image/png")
    path = f"render/image/authenticated/attic/{alice.id}/bomb.png"
    assert storage(alice, "GET", path, query="width=10").refusal == (400, "422", "InvalidRequest")


def test_what_streams_stops_when_nobody_listens(storage, alice):
    """A client that hangs up during its download: no more of the file is read."""
    name = f"{alice.id}/long"
    assert storage.upload(alice, name, b"x" * 4_000_000).status == 200
    sent = []

    async def exchange():
        gone = asyncio.Event()
        asked = iter([{"type": "http.request", "body": b""}])

        async def receive():
            message = next(asked, None)
            if message is None:
                await gone.wait()
                return {"type": "http.disconnect"}
            return message

        async def send(message):
            sent.append(len(message.get("body", b"")))
            if len(sent) == 3:
                gone.set()
                await asyncio.sleep(0)  # in which the news arrives

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": f"/storage/v1/object/attic/{name}",
            "raw_path": f"/storage/v1/object/attic/{name}".encode(),
            "query_string": b"",
            "headers": [(b"authorization", f"Bearer {alice.token}".encode())],
        }
        await storage.app(scope, receive, send)

    storage.loop.run_until_complete(exchange())
    assert sum(sent) < 4_000_000


def test_queries_of_any_kind(storage, alice, film):
    for query in ("&".join("a=b" for _ in range(2_000)), "%ff=%00", "=&=&&", "download=%00%ff"):
        assert storage(alice, "GET", f"object/attic/{film}", query=query).status == 200


def test_routes_that_are_none(storage, alice):
    for method, path, status, code in (
        ("GET", "nothing", "404", "InvalidRequest"),
        ("GET", "", "404", "InvalidRequest"),
        ("PATCH", "bucket", "404", "InvalidRequest"),
        ("GET", "object/attic", "404", "InvalidRequest"),
        ("GET", "object/attic/", "404", "InvalidRequest"),
        ("POST", "upload/resumable", "501", "NotSupported"),
        ("POST", "vector/CreateIndex", "501", "NotSupported"),
    ):
        assert storage(SERVER, method, path).refusal == (400, status, code), path
