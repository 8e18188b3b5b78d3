"""Redirects never leave the site and the allow-list, as a browser reads the URL, which is not how we read it."""

import json
import re
import subprocess
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fashionos.accounts.redirects import allowed_redirect, with_parameters
from fashionos.accounts.tests.letters import MODERN, letter, query
from fashionos.testing.node import NODE
from fashionos.testing.people import post

SITE = "https://app.fashionos.example"
PATTERNS = [
    "https://*.preview.example/**",
    "https://exact.example/cb",
    "https://*-team.vercel.example",
    "http://localhost:*/**",
    "fashionos://callback/**",
    "https://{one,two}.choice.example/[a-c]/?",
    "https://any.example**",
]
# Where a browser may end up with these: scheme and host.
PLACES = re.compile(
    r"https://(app\.fashionos\.example|[^./]+\.preview\.example|exact\.example|[^./]+-team\.vercel\.example"
    r"|(one|two)\.choice\.example|any\.example)|http://localhost|fashionos://callback"
)


@pytest.mark.parametrize(
    "url",
    [
        SITE,
        f"{SITE}/",
        f"{SITE}/deep/page?x=1#there",
        "HTTPS://APP.fashionos.example/x",
        "https://a.preview.example/",
        "https://a-b.preview.example/x/y.html?z=/",
        "https://exact.example/cb",
        "https://my-team.vercel.example",
        "http://localhost:3000/x",
        "fashionos://callback/after?x=1",
        "https://two.choice.example/b/x",
        "https://any.example/what/ever",
    ],
)
def test_what_is_on_the_list_is_allowed(url):
    assert allowed_redirect(url, SITE, PATTERNS)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/relative",
        "//app.fashionos.example/",
        "http://app.fashionos.example/",
        "https://app.fashionos.example:8443/",
        "https://app.fashionos.example.evil.com/",
        "https://app.fashionos.example@evil.com/",
        "https://evil.com\\@app.fashionos.example/",
        "https://evil.com/.preview.example/",
        "https://a.b.preview.example/",
        "https://preview.example/",
        "https://evil?.preview.example/",
        "https://evil#.preview.example/",
        "https://evil:x@a.preview.example/",
        "https://a.preview.example\t/",
        "https://a.preview.example/\r\nSet-Cookie: x",
        " https://a.preview.example/",
        "https://\uff41.preview.example/",
        "https://exact.example/cb/",
        "https://exact.example/cb?x=1",
        "https://exact.example",
        "https://team.vercel.example/",
        "http://localhost:3000",
        "http://localhost.evil.com:3000/",
        "http://localhost:3000@evil.com/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://192.168.0.1/",
        "https://three.choice.example/b/x",
        "https://one.choice.example/d/x",
        "https://one.choice.example/a/xx",
        "fashionos://other/",
        "https://any.example.evil.com/",
        "https://any.exampleevil.com/",
        "javascript://app.fashionos.example/%0aalert(1)",
        "data:text/html,x",
        "https://a.preview.example/" + "x" * 3000,
    ],
)
def test_what_is_not_is_refused(url):
    assert not allowed_redirect(url, SITE, PATTERNS)


def test_schemes_that_run_what_they_open_are_refused_even_if_listed():
    for url in ("javascript://x/%0aalert(1)", "data://x/y", "file://x/etc"):
        assert not allowed_redirect(
            url, SITE, ["javascript://**/**", "data://**/**", "file://**/**"]
        )


def test_addresses_in_numbers_are_loopback_s_or_refused():
    patterns = ["http://**/**"]
    assert allowed_redirect("http://127.0.0.1:5173/x", SITE, patterns)
    assert allowed_redirect("http://[::1]:5173/x", SITE, patterns)
    for host in ("10.0.0.1", "[2001:db8::1]", "3232235777", "0x7f000001", "a.0x1", "1.2.3.999"):
        assert not allowed_redirect(f"http://{host}/", SITE, patterns)


def test_a_site_on_loopback_has_any_port():
    assert allowed_redirect("http://127.0.0.1:3000/cb", "http://127.0.0.1:8000", [])
    assert not allowed_redirect("https://127.0.0.1:3000/cb", "http://127.0.0.1:8000", [])


@pytest.mark.parametrize(
    "pattern", ["", "*", "**", "nonsense", "https://[z-a].x/", "https://[", "://"]
)
def test_a_pattern_that_is_none_allows_nothing_and_breaks_nothing(pattern):
    assert not allowed_redirect("https://a.x/", SITE, [pattern])


class Browser:
    """Node's URL, which reads as browsers do (WHATWG)."""

    SCRIPT = """
    require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
      let answer = null;
      try {
        const url = new URL(JSON.parse(line), 'https://base.invalid/');
        answer = `${url.protocol}//${url.hostname}`;
      } catch {}
      console.log(JSON.stringify(answer));
    });
    """

    def __init__(self):
        self.process = subprocess.Popen(
            [NODE, "-e", self.SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def place(self, url):
        self.process.stdin.write(json.dumps(url) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.close()


PIECES = st.sampled_from(
    [
        *(
            "https://",
            "http://",
            "https:",
            "http:/",
            "//",
            "/",
            "\\",
            "fashionos://",
            "javascript:",
        ),
        *("app.fashionos.example", ".preview.example", "exact.example", "callback", "localhost"),
        *(
            "any.example",
            "my-team.vercel.example",
            "one.choice.example",
            "evil.com",
            "evil",
            ".",
            "..",
        ),
        *(
            "@",
            ":",
            ":443",
            ":3000",
            "?",
            "#",
            "%2f",
            "%40",
            "%00",
            "%5c",
            "\t",
            "\n",
            " ",
            "\u3002",
        ),
        *(
            "\uff0f",
            "\u2100",
            "\u00ad",
            "[::1]",
            "127.0.0.1",
            "2130706433",
            "0x7f",
            "a",
            "-",
            "cb",
            "**",
        ),
    ]
)
URLS = st.lists(PIECES, min_size=1, max_size=9).map("".join)
NEARLY = st.builds(
    lambda start, end: start + end,
    st.sampled_from([SITE, *(pattern.replace("*", "a") for pattern in PATTERNS)]),
    URLS,
)


@hypothesis_settings(max_examples=1500)
@given(url=URLS | NEARLY | st.text(max_size=40).map("https://a.preview.example/".__add__))
def test_a_browser_never_ends_up_elsewhere(browser, url):
    if allowed_redirect(url, SITE, PATTERNS):
        place = browser.place(url)
        assert place is not None
        assert PLACES.fullmatch(place), place
        carried = with_parameters(url, query={"code": "x&y"}, fragment={"a": "b#c"})
        assert browser.place(carried) == place
        assert "\n" not in carried
        assert urlsplit(carried).query.endswith("code=x%26y")


def test_parameters_join_the_query_and_replace_the_fragment():
    assert with_parameters("https://a/?x=1#old", query={"c": "1"}) == "https://a/?x=1&c=1#old"
    assert with_parameters("https://a#old", fragment={"t": "ü"}) == "https://a#t=%C3%BC"


@pytest.mark.parametrize(
    ("asked", "referer", "target"),
    [
        ("https://a.preview.example/x", "", "https://a.preview.example/x"),
        ("https://evil.com/", "https://a.preview.example/from", "https://a.preview.example/from"),
        ("https://evil.com/", "https://evil.com/from", SITE),
        ("", "", SITE),
    ],
)
def test_a_mail_leads_where_allowed_else_to_the_page_or_the_site(
    alice, settings, asked, referer, target
):
    settings.SITE_URL, settings.AUTH_REDIRECT_URLS = SITE, PATTERNS
    path = f"/auth/v1/recover?redirect_to={asked}"
    answer = post(path, {"email": "alice@example.com"}, referer=referer, **MODERN)
    assert answer.status == 200
    assert query(letter("alice@example.com").link)["redirect_to"] == target
