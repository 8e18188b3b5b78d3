"""A real nginx with the configuration of `deploy/nginx`, and a certificate of its own, in front of server processes."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy" / "nginx"

MAIN = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    types {{}}
    default_type application/octet-stream;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/fashionos.conf;
}}
"""


class Nginx(NamedTuple):
    port: int  # of TLS
    plain_port: int
    certificate: Path  # to be trusted
    folder: Path  # access.log is its log


@contextmanager
def nginx(folder: Path, ports: Sequence[int]) -> Iterator[Nginx]:
    """Run nginx in front of the servers on these ports."""
    plain_port, port = free_port(), free_port()
    certificate = _write_certificate(folder / "tls")
    configure(folder, ports, plain_port=plain_port, port=port)
    command = [program(), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with subprocess.Popen([*command, "-e", str(folder / "error.log")]) as process:  # noqa: S603 -- our own command
        try:
            _wait_for(port)
            yield Nginx(port, plain_port, certificate, folder)
        finally:
            process.terminate()


def configure(folder: Path, ports: Sequence[int], *, plain_port: int, port: int) -> None:
    """Write what is deployed, with this folder and these ports in place of the system's."""
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
    (folder / "fashionos").mkdir(exist_ok=True)
    own = [
        (r"\n    listen \[::\].*", ""),
        (r"listen 80;", f"listen 127.0.0.1:{plain_port};"),
        (r"listen 443 ", f"listen 127.0.0.1:{port} "),
        (r"/etc/nginx|/var/log/nginx", str(folder)),
        (r"\n    server 127.0.0.1:8002.*", ""),
        (
            r"    server 127.0.0.1:8001( .*)",
            "\n".join(rf"    server 127.0.0.1:{port}\1" for port in ports),
        ),
    ]
    for name in ("fashionos.conf", "fashionos/proxy.conf", "fashionos/upstream.conf"):
        text = (CONFIGURATION / Path(name).name).read_text()
        for deployed, here in own:
            text = re.sub(deployed, here, text)
        (folder / name).write_text(text)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _write_certificate(folder: Path) -> Path:
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    path = folder / "fullchain.pem"
    path.write_bytes(certificate.public_bytes(pem))
    return path


def program() -> str:
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        raise RuntimeError(
            "Install nginx (Debian: nginx-light), or run .ci/run as root, which does."
        )
    return found


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("nginx did not listen within five seconds")
