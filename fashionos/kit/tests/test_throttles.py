"""The limits in one process, in several that share a Redis, and while that Redis is away."""

import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import caches
from django.test import RequestFactory

from fashionos.kit import throttles
from fashionos.testing.redis_server import redis_server


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory):
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


def use_redis(settings, url):
    settings.REDIS_URL = url
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}
    }
    throttles.forget_counts()


@pytest.fixture
def shared(settings, redis_url):
    use_redis(settings, redis_url)
    yield
    caches["default"].close()
    throttles.forget_counts()


@pytest.fixture
def away(settings, tmp_path):
    use_redis(settings, f"unix://{tmp_path}/nobody.sock")
    yield
    throttles.forget_counts()


def request(address="192.0.2.1", **headers):
    return RequestFactory().post("/", REMOTE_ADDR=address, headers=headers)


@pytest.mark.parametrize("store", ["memory", "redis"])
def test_a_hundred_calls_at_once_let_sixty_pass(store, request):
    if store == "redis":
        request.getfixturevalue("shared")
    user = uuid.uuid4()
    with ThreadPoolExecutor(8) as pool:
        allowed = list(pool.map(lambda _: throttles.take_function_call(user).allowed, range(100)))
    assert sum(allowed) == 60
    assert throttles.take_function_call(uuid.uuid4()).allowed


def test_processes_that_share_a_redis_share_the_window(shared, settings, redis_url):
    user = uuid.uuid4()
    for _ in range(59):
        throttles.take_function_call(user)
    program = (
        "import django; django.setup()\n"
        "from uuid import UUID; from fashionos.kit.throttles import take_function_call as take\n"
        f"print([take(UUID('{user}')).allowed for _ in range(2)])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        env={"DJANGO_SETTINGS_MODULE": "fashionos.settings", "REDIS_URL": redis_url},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == "[True, False]\n"


def test_while_redis_is_away_a_process_counts_for_itself_and_doors_are_open(away, caplog):
    user = uuid.uuid4()
    before = throttles.UNCOUNTED.labels("functions")._value.get()
    assert sum(throttles.take_function_call(user).allowed for _ in range(100)) == 60
    for _ in range(3):
        assert throttles.door(request(), "sign_in", "1/60s") == 0
    assert throttles.UNCOUNTED.labels("functions")._value.get() == before + 100
    # It is not asked again at once: a Redis that is frozen would make everybody wait.
    assert caplog.text.count("Redis is away") == 1


def test_a_door_alone_finds_out_that_redis_is_away(away, caplog):
    assert throttles.door(request(), "sign_in", "1/60s") == 0
    assert caplog.text.count("Redis is away") == 1


@pytest.mark.parametrize("store", ["memory", "redis"])
def test_a_door_counts_addresses_and_accounts_apart(store, request):
    if store == "redis":
        request.getfixturevalue("shared")
    make = RequestFactory().post
    here, there = make("/", REMOTE_ADDR="192.0.2.7"), make("/", REMOTE_ADDR="192.0.2.8")
    assert [throttles.door(here, "x", "2/60s") > 0 for _ in range(3)] == [False, False, True]
    assert throttles.door(there, "x", "2/60s") == 0
    assert throttles.door(here, "y", "2/60s") == 0
    assert [throttles.door(here, "x", "1/60s", "alice") > 0 for _ in range(2)] == [False, True]
    assert throttles.door(there, "x", "1/60s", "alice") > 0
    assert throttles.door(there, "x", "1/60s", "bob") == 0


def test_looking_at_a_door_does_not_count():
    for _ in range(3):
        assert throttles.door(request(), "x", "1/60s", "alice", count=False) == 0
    throttles.door(request(), "x", "1/60s", "alice")
    assert throttles.door(request(), "x", "1/60s", "alice", count=False) > 0


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "198.51.100.9", "192.0.2.1"),
        (1, "198.51.100.9", "198.51.100.9"),
        (1, "10.0.0.1, 198.51.100.9", "198.51.100.9"),
        (2, "203.0.113.5, 198.51.100.9", "203.0.113.5"),
        (2, "evil, 203.0.113.5, 198.51.100.9", "203.0.113.5"),
        (1, "garbage", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_address_is_what_the_trusted_proxies_saw(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    assert throttles.client_address(request(**{"x-forwarded-for": forwarded})) == address


def test_a_unix_socket_has_no_address_and_no_error():
    assert throttles.client_address(request("")) == "0.0.0.0"
    assert throttles.door(request(""), "x", "5/60s") == 0
