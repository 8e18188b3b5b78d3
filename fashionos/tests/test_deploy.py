"""What `deploy/` says is so: nginx runs with its configuration in front of real processes, the rest is read closely."""

import http.client
import json
import os
import re
import shutil
import socketserver
import ssl
import subprocess
import sys
import threading
import time
import uuid
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands, load_command_class

from fashionos.checks import SECRETS
from fashionos.embedded import OWNER
from fashionos.kit.owned import Role, acting
from fashionos.operating.backups import find_tool
from fashionos.testing.nginx import configure, nginx, program
from fashionos.testing.people import PASSWORD
from fashionos.testing.redis_server import redis_server
from fashionos.testing.sockets import ServerProcess
from fashionos.workspace import services
from fashionos.workspace.models import Sample
from realtime.tests.test_official_client import Official

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
UNITS = {path.name: path.read_text() for path in (DEPLOY / "systemd").iterdir()}
STARTED = set(re.findall(r"fashionos[\w@-]*\.(?:service|timer)", UNITS["fashionos.target"]))
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()

MEGABYTE = 1024 * 1024


class Site:
    """Two processes in production's manner over Redis, with nginx in front: what a browser meets."""

    def __init__(self, folder):
        self.folder = folder
        self.servers = []

    def start(self, redis_url):
        environment = {
            "DEBUG": "0",
            "REDIS_URL": redis_url,
            "TRUSTED_PROXIES": "1",
            "SITE_URL": "https://127.0.0.1",
            "STATIC_ROOT": str(self.folder / "static"),
            "GUEST_RATE_PER_ADDRESS": "3/3600s",
            "AUTH_ANONYMOUS": "1",
        }
        subprocess.run(
            [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
            cwd=ROOT,
            env={**os.environ, **environment},
            check=True,
        )
        self.environment = environment
        self.servers = [ServerProcess(**environment) for _ in range(2)]

    def restart(self, place, stopped):
        stopped.log_file.close()
        self.servers[place] = ServerProcess(port=stopped.port, **self.environment)

    def stop(self):
        for server in self.servers:
            server.stop()
            server.log_file.close()

    def connect(self, *, source="127.0.0.1", port=None):
        context = ssl.create_default_context(cafile=self.proxy.certificate)
        return closing(
            http.client.HTTPSConnection(
                "127.0.0.1",
                port or self.proxy.port,
                timeout=30,
                context=context,
                source_address=(source, 0),
            )
        )

    def ask(self, method, path, body=None, *, source="127.0.0.1", token="", **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        with self.connect(source=source) as connection:
            connection.request(
                method, path, body, {"apikey": settings.PUBLISHABLE_KEYS[0], **headers}
            )
            response = connection.getresponse()
            content = response.read()
        return response, content

    def sign_in(self, person):
        body = json.dumps({"email": person.user.email, "password": PASSWORD})
        response, content = self.ask("POST", "/auth/v1/token?grant_type=password", body)
        assert response.status == 200, content
        return json.loads(content)["access_token"]

    def logged(self, request_id):
        """Return nginx's line about a request, which it writes after its answer."""
        for _ in range(200):
            if found := [line for line in self.log() if line["request_id"] == request_id]:
                return found[0]
            time.sleep(0.02)
        raise AssertionError(f"nginx did not log {request_id}")

    def log(self):
        return [
            json.loads(line) for line in (self.proxy.folder / "access.log").read_text().splitlines()
        ]


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    (folder / "redis").mkdir()
    site = Site(folder)
    with redis_server(folder / "redis") as redis_url:
        try:
            site.start(redis_url)
            with nginx(folder, [server.port for server in site.servers]) as site.proxy:
                yield site
        finally:
            site.stop()


@pytest.mark.django_db(transaction=True)
class TestSite:
    def test_both_processes_answer_and_each_request_has_one_id_in_every_log(self, site):
        for number in range(8):
            response, _ = site.ask("GET", "/auth/v1/health", X_Request_Id=f"mine-{number}")
            assert response.status == 200
            assert response.headers["X-Request-Id"] == f"mine-{number}"
        ours = [site.logged(f"mine-{number}") for number in range(8)]
        assert {line["upstream"] for line in ours} == {
            f"127.0.0.1:{server.port}" for server in site.servers
        }
        for headers in ({}, {"X_Request_Id": "no good\t{}"}):
            response, _ = site.ask("GET", "/auth/v1/health", **headers)
            assert re.fullmatch("[0-9a-f]{32}", response.headers["X-Request-Id"])
            assert site.logged(response.headers["X-Request-Id"])["path"] == "/auth/v1/health"

    def test_what_proxies_write_down_holds_no_address_and_no_query(self, site):
        site.ask("GET", "/auth/v1/verify?token=secret-of-a-mail&type=recovery")
        assert any(line["path"] == "/auth/v1/verify" for line in site.log())
        # What nginx itself refuses it would tell its error log, with who asked for what.
        with site.connect(source="127.0.0.9") as connection:
            connection.putrequest("POST", "/auth/v1/verify?token=secret-of-a-mail")
            connection.putheader("Content-Length", str(33 * MEGABYTE))
            connection.endheaders()
            assert connection.getresponse().status == 413
        for path in ("access.log", "error.log"):
            text = (site.proxy.folder / path).read_text()
            assert "secret-of-a-mail" not in text
            assert "127.0.0.9" not in text

    def test_limits_count_the_real_address_and_believe_no_invented_one(self, site):
        def guest(number, source):
            response, _ = site.ask(
                "POST",
                "/auth/v1/signup",
                b"{}",
                source=source,
                X_Forwarded_For=f"203.0.113.{number}",
                Content_Type="application/json",
            )
            return response.status

        assert [guest(n, "127.0.0.7") for n in range(4)] == [200, 200, 200, 429]
        assert guest(9, "127.0.0.8") == 200

    def test_the_official_client_signs_in_and_hears_a_fact_over_the_websocket(self, site, alice):
        client = Official(
            0,
            URL=f"https://127.0.0.1:{site.proxy.port}",
            NODE_EXTRA_CA_CERTS=str(site.proxy.certificate),
        )
        try:
            client.sign_in(alice)
            name = f"samples:{alice.id}"
            client.join(name)
            assert client.hear() == {"told": name, "status": "SUBSCRIBED"}
            with acting(Role.WEB, user_id=alice.id):
                services.add_samples(alice.id, [{"reference": "g", "name": "Gown"}], by=alice.id)
            assert client.hear_event()[0] == "sample_added"
        finally:
            client.stop()

    def test_a_file_too_large_is_refused_before_it_was_sent(self, site, alice):
        with site.connect() as connection:
            connection.putrequest("POST", "/storage/v1/object/gallery/a.jpg")
            connection.putheader("Authorization", f"Bearer {alice.token}")
            connection.putheader("Content-Type", "image/jpeg")
            connection.putheader("Content-Length", str(1 << 40))
            connection.endheaders()
            response = connection.getresponse()
            # Of the bucket, not of nginx.
            assert json.loads(response.read())["code"] == "EntityTooLarge"
            assert response.status == 413

    def test_bodies_over_a_cap_are_refused_by_who_knows_the_protocol(self, site, alice):
        response, content = site.ask("POST", "/auth/v1/signup", bytes(2 * MEGABYTE))
        assert (response.status, json.loads(content)["code"]) == (413, 413)
        path = "/functions/v1/logistics-analyzer"
        for size in (25, 33):  # over the application's cap, over nginx's
            response, content = site.ask("POST", path, bytes(size * MEGABYTE), token=alice.token)
            assert response.status == 413
            assert json.loads(content)["error"]["code"] == "request_entity_too_large"
            assert response.headers["Access-Control-Allow-Origin"] == "*"

    def test_static_files_stay_with_the_browser_for_good_under_the_names_that_pages_use(self, site):
        response, content = site.ask("GET", "/admin/login/")
        path = re.search(r'href="(/static/admin/css/base\.[0-9a-f]{12}\.css)"', content.decode())[1]
        response, _ = site.ask("GET", path, Accept_Encoding="gzip")
        assert response.headers["Cache-Control"] == "max-age=315360000, public, immutable"
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.headers["Strict-Transport-Security"]

    @pytest.mark.parametrize("path", ["/metrics", "/readyz"])
    def test_what_is_for_the_operators_is_not_for_the_internet(self, site, path):
        response, content = site.ask("GET", path)
        assert response.status == 404
        assert b"nginx" in content

    def test_plain_http_is_sent_to_tls(self, site):
        with closing(
            http.client.HTTPConnection("127.0.0.1", site.proxy.plain_port, timeout=5)
        ) as connection:
            connection.request("GET", "/rest/v1/x?y=1")
            response = connection.getresponse()
        assert response.status == 308
        assert response.headers["Location"] == "https://127.0.0.1/rest/v1/x?y=1"

    def test_processes_restarted_one_by_one_cost_no_answer_and_repeat_no_write(self, site, alice):
        answers, stop, token = [], threading.Event(), site.sign_in(alice)

        def write():
            while not stop.is_set():
                row = json.dumps({"reference": str(uuid.uuid4()), "name": "Gown"})
                response, said = site.ask("POST", "/rest/v1/samples", row, token=token)
                answers.append((response.status, said))

        threads = [threading.Thread(target=write) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for place, server in enumerate(site.servers):
                assert server.stop() == 0
                site.restart(place, server)
                assert is_ready(server.port, wait=20)
        finally:
            stop.set()
            for thread in threads:
                thread.join(30)
        assert set(answers) == {(201, b"")}
        with acting(Role.WEB, user_id=alice.id):
            assert Sample.objects.for_user(alice).count() == len(answers)

    def test_support_signs_in_behind_it_as_over_tls(self, site, sam):
        response, content = site.ask("GET", "/admin/login/")
        cookie = response.headers["Set-Cookie"]
        assert "; Secure" in cookie
        form = {
            "csrfmiddlewaretoken": re.search(
                r'name="csrfmiddlewaretoken" value="(\w+)"', content.decode()
            )[1],
            "username": sam.user.email,
            "password": PASSWORD,
        }
        origin = f"https://127.0.0.1:{site.proxy.port}"
        response, content = site.ask(
            "POST",
            "/admin/login/?next=/admin/",
            urlencode(form),
            Content_Type="application/x-www-form-urlencoded",
            Cookie=cookie.partition(";")[0],
            Origin=origin,
            Referer=f"{origin}/admin/login/",
        )
        assert (response.status, response.headers["Location"]) == (302, "/admin/")

    def test_nginx_takes_the_containers_upstream_beside_the_rest(self, site, tmp_path):
        """Without `resolve`, which Debian's nginx may be too old for."""
        shutil.copytree(site.proxy.folder / "tls", tmp_path / "tls")
        configure(tmp_path, [], plain_port=80, port=443)
        upstream = (DEPLOY / "nginx" / "upstream.compose.conf").read_text()
        (tmp_path / "fashionos" / "upstream.conf").write_text(
            upstream.replace("web:8000 resolve", "127.0.0.1:8000")
        )
        command = [program(), "-t", "-p", tmp_path, "-c", tmp_path / "nginx.conf"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr

    def test_without_a_process_the_answer_is_a_503_that_scripts_may_read(self, site):
        for server in site.servers:
            server.stop(kill=True)
        try:
            response, content = site.ask("GET", "/rest/v1/samples", Origin="https://app.example")
            assert (response.status, response.headers["Retry-After"]) == (503, "2")
            assert json.loads(content)["error"]["code"] == "unavailable"
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            assert not is_ready(site.servers[0].port, wait=0)
        finally:
            for place, server in enumerate(site.servers):
                site.restart(place, server)


def test_a_write_that_a_process_took_and_did_not_answer_is_not_given_to_another(tmp_path):
    taken = []

    class Dies(socketserver.StreamRequestHandler):
        def handle(self):
            taken.append(self.rfile.readline())

    with ExitStack() as stack:
        ports = []
        for _ in range(2):
            server = stack.enter_context(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dies))
            threading.Thread(target=server.serve_forever).start()
            stack.callback(server.shutdown)
            ports.append(server.server_address[1])
        site = Site(tmp_path)
        site.proxy = stack.enter_context(nginx(tmp_path, ports))
        response, _ = site.ask("POST", "/rest/v1/samples", b"{}")
        assert response.status == 503
        assert taken == [b"POST /rest/v1/samples HTTP/1.1\r\n"]


def is_ready(port, *, wait):
    command = [sys.executable, DEPLOY / "ready.py", "--wait", str(wait), str(port)]
    environment = {**os.environ, "SITE_URL": "https://127.0.0.1"}
    return not subprocess.run(command, env=environment, check=False).returncode


def commands():
    """Yield each command of manage.py that containers or units run, with its arguments."""
    for name, service in COMPOSE["services"].items():
        words = service.get("command", [])
        if words[:2] == ["python", "manage.py"]:
            yield f"compose: {name}", words[2:]
        elif words[:2] == ["sh", "deploy/every"]:
            assert float(words[2]) > 0
            yield f"compose: {name}", words[3:]
    for unit in sorted(STARTED):
        template = re.sub(r"@\w+", "@", unit)
        instance = re.search(r"@(\w+)", unit)
        text = UNITS[template].replace("%i", instance[1] if instance else "")
        if template.endswith(".timer"):
            started = re.search(r"^Unit=(.*)$", text, re.MULTILINE)[1]
            instance = re.search(r"@(\w+)", started)
            text = UNITS[re.sub(r"@\w+", "@", started)].replace(
                "%i", instance[1] if instance else ""
            )
        yield unit, re.search(r"^ExecStart=.*manage\.py (.*)$", text, re.MULTILINE)[1].split()


COMMANDS = dict(commands())


@pytest.mark.parametrize("place", COMMANDS)
def test_each_command_exists_and_takes_these_arguments(place):
    name, *arguments = COMMANDS[place]
    command = load_command_class(get_commands()[name], name)
    command.create_parser("manage.py", name).parse_args(arguments)


def test_the_target_starts_every_unit_there_is():
    templates = {re.sub(r"@\w+", "@", unit) for unit in STARTED}
    timed = {
        re.sub(r"@\w+", "@", unit)
        for text in UNITS.values()
        for unit in re.findall(r"^Unit=(.*)$", text, re.MULTILINE)
    }
    assert templates | timed | {"fashionos.target", "hardening.conf"} == set(UNITS)


def test_containers_and_units_run_the_same_commands():
    runs = {"compose": set(), "systemd": set()}
    for place, (name, *_) in COMMANDS.items():
        runs["compose" if place.startswith("compose") else "systemd"].add(name)
    assert runs["compose"] - {"migrate"} == runs["systemd"] - {"serve"}
    assert "serve" in DOCKERFILE.splitlines()[-1]


def test_containers_have_the_application_s_variables_and_only_the_migration_is_the_owner():
    for name, service in COMPOSE["services"].items():
        if "fashionos" in service["image"]:
            assert service["env_file"] == "fashionos.env", name
            login = "fashionos_owner" if name == "migrate" else "fashionos_login"
            assert service["environment"]["DATABASE_URL"].startswith(f"postgresql://{login}:"), name


def test_what_runs_for_ever_is_started_again_after_it_broke():
    for unit in UNITS.values():
        assert ("Type=exec" in unit) == ("\nRestart=always\n" in unit)
    for name, service in COMPOSE["services"].items():
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped"), name


def variables(text):
    return set(re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE))


APPLICATION = variables((DEPLOY / "fashionos.env.example").read_text())


def test_every_variable_that_is_set_is_in_the_handbook():
    given = APPLICATION | {
        name
        for service in COMPOSE["services"].values()
        if "fashionos" in service["image"]
        for name in service["environment"]
    }
    assert {name for name in given if f"`{name}`" not in OPERATIONS} == set()


def test_every_variable_of_the_composition_is_in_its_example_and_no_other():
    asked = re.findall(r"\$\{([A-Z_]+)", (DEPLOY / "compose.yaml").read_text())
    assert variables((DEPLOY / "compose.env.example").read_text()) == set(asked)


def test_the_application_s_example_names_every_secret():
    assert set(SECRETS.values()) <= APPLICATION


IMAGES = set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) | {
    service["image"] for service in COMPOSE["services"].values()
}


@pytest.mark.parametrize("image", sorted(IMAGES - {"fashionos:${VERSION:-latest}"}))
def test_images_of_others_are_pinned(image):
    assert re.search(r":\d+\.\d+(\.\d+)?-\w+(-\w+)?$", image)


def test_what_is_copied_or_mounted_is_there():
    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", []):
            source, target = volume.replace(":?", "").split(":")[:2]
            assert target.startswith("/")
            if source.startswith("./"):
                assert source == "./tls" or (DEPLOY / source).is_file(), source
            else:
                assert source in COMPOSE["volumes"] or source.startswith("${"), source
    for unit in UNITS.values():
        for script in re.findall(r"deploy/[\w.]+", unit):
            assert (ROOT / script).is_file()


def test_the_image_s_process_is_nobody_and_tells_whether_it_is_well():
    final = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    assert re.findall(r"^USER (.*)$", final, re.MULTILINE) == ["10001:10001"]
    assert final.index("USER ") > final.index("RUN ")
    assert '"deploy/ready.py"' in re.search(r"HEALTHCHECK .*", final)[0]
    assert "--require-hashes" in DOCKERFILE


def test_no_secret_and_no_baggage_gets_into_the_image():
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert {".*", "*.env", "deploy/*", "**/node_modules"} <= set(ignored)
    kept = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert kept == {
        path for path in ("deploy/every", "deploy/ready.py") if path in str(COMPOSE) + DOCKERFILE
    }


def test_the_secrets_beside_the_composition_are_not_taken_into_git():
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"deploy/.env", "deploy/fashionos.env", "deploy/tls/"} <= set(ignored)


def test_up_takes_no_process_and_no_proxy_away_before_the_next_is_there():
    """Compose stops what depends on a service that changes, and what waits for a migration is away meanwhile."""
    services = COMPOSE["services"]
    assert services["migrate"]["profiles"] == ["migrate"]
    for name, service in services.items():
        assert not set(service.get("depends_on", ())) & {"web", "migrate"}, name


def test_the_services_of_ours_can_do_little_and_stop_in_time():
    for name, service in COMPOSE["services"].items():
        if "fashionos" in service["image"]:
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name
            assert service["security_opt"] == ["no-new-privileges:true"], name
    assert float(COMPOSE["services"]["web"]["stop_grace_period"].rstrip("s")) > (
        settings.DRAIN_SECONDS + settings.SHUTDOWN_SECONDS + 6
    )
    stop = re.search(r"^TimeoutStopSec=(\d+)$", UNITS["fashionos@.service"], re.MULTILINE)
    assert float(stop[1]) > settings.DRAIN_SECONDS + settings.SHUTDOWN_SECONDS + 6


def test_the_containers_proxy_finds_the_processes_by_their_service_s_name():
    upstream = (DEPLOY / "nginx" / "upstream.compose.conf").read_text()
    [host, port] = re.search(r"server (\w+):(\d+) resolve", upstream).groups()
    assert host in COMPOSE["services"]
    assert f"PORT={port}" in DOCKERFILE
    assert tuple(
        map(int, re.search(r":(\d+)\.(\d+)", COMPOSE["services"]["nginx"]["image"]).groups())
    ) >= (1, 28)


def test_every_runs_again_after_a_failure_and_stops_when_it_is_told(tmp_path):
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/runs\nexit 3\n')
    python.chmod(0o755)
    process = subprocess.Popen(
        ["/bin/sh", DEPLOY / "every", "0.05", "check_alerts", "--x"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(3):
        assert process.stderr.readline() == "manage.py check_alerts ended with 3\n"
    process.terminate()
    assert process.wait(5) == 0
    process.stderr.close()
    assert (tmp_path / "runs").read_text().startswith("manage.py check_alerts --x\n" * 3)


@pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="no systemd on this machine to read its units"
)
def test_systemd_takes_the_units_and_finds_them_hardened(tmp_path):
    for name, text in UNITS.items():
        here = text.replace("/srv/fashionos/.venv/bin/python", sys.executable)
        (tmp_path / name).write_text(here.replace("/srv/fashionos", str(ROOT)))
    for folder in ("fashionos@.service.d", "fashionos-.service.d"):
        (tmp_path / folder).mkdir()
        shutil.copy(tmp_path / "hardening.conf", tmp_path / folder)
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    units = [f"{tmp_path}/{name}" for name in STARTED | {"fashionos.target"}]
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=one", *units]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    for unit in units:
        if unit.endswith(".service"):
            command = ["systemd-analyze", "security", "--offline=true", "--threshold=15", unit]
            assert (
                subprocess.run(
                    command, env=environment, capture_output=True, check=False
                ).returncode
                == 0
            ), unit


ATTRIBUTES = """
SELECT substring(rolname FROM '_.*'), rolcanlogin, rolinherit, rolbypassrls, rolcreaterole, rolsuper,
    ARRAY(SELECT replace(roleid::regrole::text, %(prefix)s, '') FROM pg_auth_members
          WHERE member = r.oid AND roleid::regrole::text ~ '_server$|^pg_')
FROM pg_roles AS r WHERE rolname = ANY(ARRAY(SELECT %(prefix)s || unnest(
    ARRAY['_owner', '_server', '_login', '_backup'])))
ORDER BY 1
"""


def test_the_script_of_the_roles_makes_those_of_the_embedded_server_and_may_run_again(tmp_path):
    if OWNER not in settings.DATABASE_URL:
        pytest.skip("DATABASE_URL names a server that is not ours to add roles to")
    script = tmp_path / "roles.sql"
    script.write_text(
        (DEPLOY / "postgres" / "roles.sql").read_text().replace("fashionos", "scratch")
    )
    url = settings.DATABASE_URL.replace(OWNER, "postgres")
    with psycopg.connect(url, autocommit=True) as server:
        tool = find_tool("psql", server.info.server_version)
        passwords = [f"{name}_password=p'q{name}" for name in ("owner", "login", "backup")]
        options = [word for password in passwords for word in ("-v", password)]
        try:
            for _ in range(2):
                subprocess.run([tool, "-d", url, *options, "-f", script], check=True)
            made = server.execute(ATTRIBUTES, {"prefix": "scratch"}).fetchall()
            assert len(made) == 4
            assert made == server.execute(ATTRIBUTES, {"prefix": "fashionos"}).fetchall()
            assert server.execute(
                "SELECT rolname, rolconfig FROM pg_roles WHERE rolname ^@ 'scratch' AND rolconfig IS NOT NULL"
            ).fetchall() == [("scratch_owner", ["lock_timeout=5s"])]
            assert server.execute(
                "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'scratch'"
            ).fetchone() == ("scratch_owner",)
        finally:
            server.execute("DROP DATABASE IF EXISTS scratch")
            for name in ("owner", "login", "server", "backup"):
                server.execute(f"DROP ROLE IF EXISTS scratch_{name}")
