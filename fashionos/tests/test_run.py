"""`make run` as a new user meets it: a real process on a scratch data folder, and the session that it prints."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from stat import S_IMODE

import psutil
import psycopg
import pytest

from fashionos.development import read_env


class House:
    def __init__(self, data, **environment):
        self.data = data
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fashionos.run"],
            env={
                **{k: v for k, v in os.environ.items() if k not in _OWN},
                "DEBUG": "1",
                "DATA_DIR": str(data),
                "PORT": "0",
                **environment,
            },
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.printed = ""
        for line in self.process.stdout:
            self.printed += line
            if "Admin:" in line:
                break
        found = re.search(r"serves on http://127\.0\.0\.1:(\d+)", self.printed)
        assert found, self.printed
        self.port = int(found[1])

    def ask(self, method, path, body=b"", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        kind = response.headers.get_content_type()
        return response, json.loads(content) if kind == "application/json" else content

    def sign_in(self):
        people = read_env(self.data / "demo.env")
        key = read_env(self.data / "keys.env")["FASHIONOS_PUBLISHABLE_KEY"]
        body = {"email": people["DEMO_EMAIL"], "password": people["DEMO_PASSWORD"]}
        _, session = self.ask(
            "POST", "/auth/v1/token?grant_type=password", json.dumps(body), apikey=key
        )
        return session["access_token"]

    def stop(self, how=signal.SIGINT):
        self.process.send_signal(how)
        self.process.wait(15)
        self.process.stdout.close()


# What the test's own process was given must not reach the house: it makes its own.
_OWN = {
    *("DATABASE_URL", "SECRET_KEY", "JWT_SECRET", "JWT_SIGNING_KEY", "ENCRYPTION_KEYS"),
    *("FASHIONOS_PUBLISHABLE_KEY", "FASHIONOS_SECRET_KEY", "DJANGO_SETTINGS_MODULE"),
}


def databases_in(folder):
    return [
        process
        for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] == "postgres" and str(folder) in (process.info["cmdline"] or [])
    ]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    running = House(tmp_path_factory.mktemp("house"))
    yield running
    if running.process.poll() is None:
        running.stop()


def test_the_first_start_prints_passwords_and_what_to_try(house):
    people = read_env(house.data / "demo.env")
    for prefix in ("DEMO", "DEMO2", "SUPPORT"):
        assert people[f"{prefix}_PASSWORD"] in house.printed
    assert "chat-orchestrator" in house.printed
    assert "/admin/" in house.printed


def test_secrets_are_for_their_owner_s_eyes(house):
    for name in ("keys.env", "demo.env", "secrets.env", "database.env"):
        assert S_IMODE((house.data / name).stat().st_mode) == 0o600


def test_the_printed_session_answers_are_we_ready_from_the_demo_s_samples(house):
    body = (house.data / "demo" / "chat-orchestrator.json").read_bytes()
    response, answer = house.ask(
        "POST",
        "/functions/v1/chat-orchestrator",
        body,
        Authorization=f"Bearer {house.sign_in()}",
    )
    assert response.status == 200
    samples = [
        sample
        for sample in json.loads(body)["userContext"]["sampleList"]
        if sample["status"] != "cancelled"
    ]
    ready = sum(sample["status"] in {"on_set", "shot"} for sample in samples)
    assert answer["meta"]["skill"] == "logistics.readiness"
    assert str(ready) in answer["content"]
    assert str(len(samples)) in answer["content"]


def test_every_answer_carries_cors_and_security_headers_errors_too(house):
    for path in ("/auth/v1/health", "/functions/v1/nonsense", "/auth/v1/nonsense"):
        response, _ = house.ask("GET", path, Origin="https://app.example")
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "x-supabase-api-version" in response.headers["Access-Control-Expose-Headers"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Request-Id"]
    response, _ = house.ask("GET", "/admin/login/", Origin="https://app.example")
    assert response.status == 200
    assert "Access-Control-Allow-Origin" not in response.headers


def test_a_body_over_the_limit_is_refused_in_the_protocol_s_shape(house):
    too_much = {"Content-Length": str(25 * 1024 * 1024)}
    response, answer = house.ask("POST", "/functions/v1/logistics-analyzer", b"{}", **too_much)
    assert (response.status, set(answer)) == (413, {"error"})
    too_much = {"Content-Length": "1000001", "x-supabase-api-version": "2024-01-01"}
    response, answer = house.ask("POST", "/auth/v1/signup", b"{}", **too_much)
    assert (response.status, answer["code"]) == (413, "request_entity_too_large")


def test_the_server_s_login_owns_nothing_and_reads_nothing(house):
    url = read_env(house.data / "database.env")["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        for table in ("assistant_conversations", "accounts_user", "accounts_datakey"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT * FROM {table}")
        for statement in (
            "DROP TABLE user_preferences",
            "CREATE TABLE x ()",
            "SET ROLE fashionos_owner",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_commands_of_another_terminal_find_the_database(house):
    result = subprocess.run(
        [sys.executable, "manage.py", "cleanup_insights"],
        env={
            **{k: v for k, v in os.environ.items() if k not in _OWN},
            "DEBUG": "1",
            "DATA_DIR": str(house.data),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, "0 expired insights removed.\n"), result.stderr


def test_a_second_house_on_the_same_data_is_told_why_not(house):
    result = subprocess.run(
        [sys.executable, "-m", "fashionos.run"],
        env={**os.environ, "DEBUG": "1", "DATA_DIR": str(house.data), "DATABASE_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "Another process runs the database" in result.stderr
    assert house.ask("GET", "/auth/v1/.well-known/jwks.json")[0].status == 200


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"PORT": "abc"}, "PORT must be a number from 0 to 65535, not 'abc'."),
        (
            {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "PORT": "0"},
            "Is DATABASE_URL right, and does its server run?",
        ),
    ],
    ids=["port", "database"],
)
def test_what_the_environment_says_wrong_is_told_in_a_sentence(tmp_path, environment, said):
    result = subprocess.run(
        [sys.executable, "-m", "fashionos.run"],
        env={**os.environ, "DEBUG": "1", "DATA_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert said in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"DEBUG": "perhaps"}, "DEBUG must be 1 or 0, not 'perhaps'."),
        ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL must start with postgresql://."),
        ({"SITE_URL": "fashionos.example"}, "(fashionos.E005) SITE_URL has to be an address"),
        ({"REDIS_URL": "nonsense"}, "(fashionos.E005) REDIS_URL has to be an address"),
        (
            {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"},
            "Is DATABASE_URL right, and does its server run?",
        ),
    ],
    ids=["flag", "kind of database", "site", "redis", "no database"],
)
def test_a_command_says_in_a_sentence_what_the_environment_has_wrong(environment, said):
    result = subprocess.run(
        [sys.executable, "manage.py", "cleanup_insights"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert result.returncode == 1
    assert said in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopping_stops_the_database_and_the_next_start_keeps_the_data(house, how):
    token = house.sign_in()
    house.stop(how)
    assert databases_in(house.data / "postgres") == []
    assert not (house.data / "database.env").exists()
    again = House(house.data)
    house.process, house.port = again.process, again.port
    assert again.printed.startswith("\nFashionOS serves on")  # no passwords, no migrations
    key = read_env(house.data / "keys.env")["FASHIONOS_PUBLISHABLE_KEY"]
    response, user = house.ask("GET", "/auth/v1/user", Authorization=f"Bearer {token}", apikey=key)
    assert (response.status, user["email"]) == (
        200,
        read_env(house.data / "demo.env")["DEMO_EMAIL"],
    )


def production(**environment):
    return subprocess.run(
        [sys.executable, "-c", "import fashionos.asgi"],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
    )


def test_production_refuses_to_start_and_names_what_is_missing():
    result = production(DATA_DIR=os.environ["DATA_DIR"])
    assert result.returncode != 0
    for name in _OWN - {"DJANGO_SETTINGS_MODULE"}:
        assert f"{name} is not set" in result.stderr


def test_production_starts_with_all_of_them_and_refuses_a_short_one():
    given = {name: os.environ[name] for name in _OWN if name in os.environ}
    assert production(**given).returncode == 0
    result = production(**{**given, "SECRET_KEY": "short"})
    assert "SECRET_KEY is shorter than 32 characters" in result.stderr
