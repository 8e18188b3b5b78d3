"""`make conformance`: the official client's calls (`conformance/*.test.mjs`, on Node) against real servers.

Starts all they need and stops it at the end: a throw-away PostgreSQL with the demo production, a mail server that keeps
what it is sent as files, an OpenID provider, a server that believes addresses and one that has them confirmed.
"""

import email.policy
import itertools
import json
import os
import socketserver
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

from fashionos.development import KEYS_FILE, read_env, write_secrets
from fashionos.embedded import embedded_postgres
from fashionos.testing.node import CONFORMANCE, NODE

SITE_URL = "http://127.0.0.1:8000"  # in tokens and mails; the tests put the real port in its place
OAUTH_SECRET = "only for tests"


class Mail(socketserver.StreamRequestHandler):
    """Takes any mail (what smtplib says of RFC 5321), and keeps it as `<number>.json` in the server's folder."""

    server: "MailServer"

    def handle(self) -> None:
        self._say("220 ready")
        for line in self.rfile:
            command = line[:4].upper()
            if command == b"DATA":
                self._say("354 go ahead")
                # A line that starts with a dot was sent with two.
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.keep(b"".join(line.removeprefix(b".") for line in lines))
            self._say("221 bye" if command == b"QUIT" else "250 ok")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Mail)
        self.folder = folder
        self.numbers = itertools.count(1)
        folder.mkdir()

    def keep(self, raw: bytes) -> None:
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        body = mail.get_body(("plain",))
        assert body is not None
        document = {"to": mail["to"], "subject": mail["subject"], "text": body.get_content()}
        draft = self.folder / f"{next(self.numbers):06}.new"
        draft.write_text(json.dumps(document))
        draft.rename(draft.with_suffix(".json"))


@contextmanager
def mail_server(folder: Path) -> Iterator[str]:
    """Run a mail server; yield its EMAIL_URL."""
    with MailServer(folder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"smtp://127.0.0.1:{server.server_address[1]}?tls=0"
        finally:
            server.shutdown()


@contextmanager
def openid_provider() -> Iterator[dict[str, str]]:
    """Run an OpenID provider that knows Inès and Jo by `login_hint`; yield our servers' variables for it."""
    client = {
        "client_id": "fashionos",
        "client_secret": OAUTH_SECRET,
        "redirect_uris": [f"{SITE_URL}/auth/v1/callback"],
        "token_endpoint_auth_method": "client_secret_post",
    }
    people = {
        "ines": {"email": "ines@atelier.example", "email_verified": True, "name": "Inès"},
        "jo": {"email": "jo@atelier.example", "email_verified": True, "name": "Jo"},
    }
    process = subprocess.Popen(  # noqa: S603 -- our own command
        [NODE, "oidc/provider.mjs"],
        cwd=CONFORMANCE,
        env={**os.environ, "PEOPLE": json.dumps(people), "CLIENTS": json.dumps([client])},
        stdin=subprocess.PIPE,  # it ends when this is closed
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with process:
        assert process.stdout
        yield {
            "OAUTH_PROVIDERS": "atelier",
            "OAUTH_ATELIER_ISSUER": json.loads(process.stdout.readline())["issuer"],
            "OAUTH_ATELIER_CLIENT_ID": "fashionos",
            "OAUTH_ATELIER_CLIENT_SECRET": OAUTH_SECRET,
        }


def run_tests(data: Path, arguments: list[str]) -> int:
    from django.core.management import call_command  # noqa: PLC0415 -- app ready

    from fashionos.testing.sockets import server_process  # noqa: PLC0415 -- app ready

    call_command("migrate", verbosity=0)
    call_command("make_api_keys", write=data / KEYS_FILE, verbosity=0)
    with (data / "demo.log").open("w") as log:
        call_command("seed_demo", stdout=log)
    with mail_server(data / "mails") as email_url, openid_provider() as provider:
        # Of the servers below, and for the tests.
        os.environ |= {
            "RATE_LIMITS": "0",
            "EMAIL_URL": email_url,
            "AUTH_REDIRECT_URLS": "https://app.example/**",
            **provider,
        }
        with server_process() as server, server_process(SIGN_UP_AUTOCONFIRM="0") as confirming:
            environment = {
                **os.environ,
                **read_env(data / KEYS_FILE),
                **read_env(data / "demo.env"),
                "URL": f"http://127.0.0.1:{server.port}",
                "CONFIRMING_URL": f"http://127.0.0.1:{confirming.port}",
                "MAILS": str(data / "mails"),
            }
            tests = arguments or [path.name for path in sorted(CONFORMANCE.glob("*.test.mjs"))]
            # Closed sockets of the client hold timers for ten more seconds.
            options = ["--test-reporter=spec", "--test-timeout=60000", "--test-force-exit"]
            code = subprocess.run(  # noqa: S603 -- our own command
                [NODE, "--test", "--test-concurrency=4", *options, *tests],
                cwd=CONFORMANCE,
                env=environment,
                check=False,
            ).returncode
            if code:
                sys.stderr.write(server.log + confirming.log)
            return code


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="fashionos-") as scratch:
        data = Path(scratch)
        with embedded_postgres(data / "postgres", durable=False) as cluster:
            os.environ |= {
                "DJANGO_SETTINGS_MODULE": "fashionos.settings",
                "DEBUG": "1",
                "DATA_DIR": scratch,
                "DATABASE_URL": cluster.owner_url,
                "SITE_URL": SITE_URL,
                **write_secrets(data),
            }
            django.setup()
            return run_tests(data, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
