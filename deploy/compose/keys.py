"""The secrets of a stack in containers: made once, kept in volumes, each service sees its own alone.

Runs as a container that everything else waits for. What a service reads as `TESSERA_X` lies in its volume as a file
of that name, which `shared/settings.py` reads under `/run/secrets`.
"""

import hashlib
import hmac
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.local.keys import Keys, public
from deploy.local.paypal_authority import Authority
from deploy.local.settings import SERVICES

FOLDER = Path("/keys")
SUPERUSER = "superuser"
OBSERVER = "observer"  # asks Postgres how it is, and reads no row


def files(keys: Keys) -> dict[str, dict[str, str]]:
    """Every file by the volume it lies in."""
    passwords = {role: _password(keys, role) for role in (SUPERUSER, OBSERVER, *SERVICES)}
    paypal = {name: getattr(keys, name) for name in ("paypal_secret", "paypal_authority")}
    told = {service: _told(keys, service, passwords[service]) for service in SERVICES}
    return told | {
        "postgres": passwords,
        "collector": {"password": passwords[OBSERVER]},
        "stripe": {"webhook_secret": keys.webhook_secret},
        "paypal": {"keys.json": json.dumps(paypal)},
    }


def _told(keys: Keys, service: str, password: str) -> dict[str, str]:
    own = {
        "membership": {"TESSERA_TOKEN_KEY": json.dumps(keys.token_key)},
        "billing": {
            "TESSERA_STRIPE_WEBHOOK_SECRET": keys.webhook_secret,
            "TESSERA_PAYPAL_SECRET": keys.paypal_secret,
            "paypal.pem": Authority.read(keys.paypal_authority).pem.decode(),
        },
        "events": {"TESSERA_QUOTE_KEY": json.dumps(keys.quote_key)},
    }
    return {
        "TESSERA_DATABASE_URL": f"postgresql://{service}:{password}@postgres:5432/tessera",
        "TESSERA_SECRET": keys.service_secrets[service],
        "TESSERA_KEK": keys.key_encryption_keys[service],
        "TESSERA_TOKEN_KEYS": public(keys.token_key),
        **own.get(service, {}),
    }


def _password(keys: Keys, role: str) -> str:
    return hmac.new(keys.database_password.encode(), role.encode(), hashlib.sha256).hexdigest()


def write(folder: Path, wanted: Mapping[str, Mapping[str, str]]) -> None:
    """Every file in its place; what stands there already is left alone."""
    for volume, texts in wanted.items():
        for name, text in texts.items():
            path = folder / volume / name
            if not path.exists() or path.read_text() != text:
                path.unlink(missing_ok=True)
                path.write_text(text)
                path.chmod(0o444)  # the volume is the wall: nobody else mounts it


def main() -> int:
    """Make what is missing."""
    try:
        write(FOLDER, files(Keys.of(FOLDER / "all")))
    except PermissionError as error:
        print(f"{error.filename} may not be written: remove the volumes of an older stack.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
