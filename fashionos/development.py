"""The secrets of a development machine: made at random once, kept in the data folder with mode 600.

Production reads none of these files: there every secret comes from the environment (see settings.py and checks.py).
"""

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

SECRETS_FILE = "secrets.env"
KEYS_FILE = "keys.env"


def new_signing_key() -> str:
    """Return a P-256 private key as base64 of its PKCS 8 DER form: one line, fit for an environment variable."""
    key = ec.generate_private_key(ec.SECP256R1())
    der = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return base64.b64encode(der).decode()


def new_encryption_key() -> str:
    """Return one entry of the key ring: `<name>:<base64 of 32 bytes>`."""
    return f"k{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def new_secrets() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "JWT_SECRET": secrets.token_urlsafe(48),
        "JWT_SIGNING_KEY": new_signing_key(),
        "ENCRYPTION_KEYS": new_encryption_key(),
    }


def new_api_keys() -> dict[str, str]:
    return {
        "FASHIONOS_PUBLISHABLE_KEY": f"sb_publishable_{secrets.token_urlsafe(24)}",
        "FASHIONOS_SECRET_KEY": f"sb_secret_{secrets.token_urlsafe(32)}",
    }


def write_secrets(folder: Path) -> dict[str, str]:
    """Return what the folder's secret files hold, making those that are missing."""
    folder.mkdir(parents=True, exist_ok=True)
    values: dict[str, str] = {}
    for name, make in ((SECRETS_FILE, new_secrets), (KEYS_FILE, new_api_keys)):
        path = folder / name
        if not path.exists():
            write_env(path, make())
        values |= read_env(path)
    return values


def write_env(path: Path, values: Mapping[str, str]) -> None:
    """Write NAME=value lines that only this user can read; the file appears whole or not at all."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    draft.replace(path)


def read_env(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}
