"""The secrets of a cluster: one item a service, from which every Secret is made, by hand or by a secret store."""

import json
import secrets
from collections.abc import Mapping
from typing import Any

from deploy.local.keys import Keys, public
from deploy.local.settings import SERVICES

ASKED = {"billing": ("TESSERA_STRIPE_KEY", "TESSERA_STRIPE_WEBHOOK_SECRET")}
"""What cannot be made here, by service."""

Item = dict[str, str]
Manifest = dict[str, Any]


def items(given: Mapping[str, str]) -> dict[str, Item]:
    """New values for every service, and those that were given."""
    keys = Keys.made()
    own = {
        "membership": {"TESSERA_TOKEN_KEY": json.dumps(keys.token_key)},
        "events": {"TESSERA_QUOTE_KEY": json.dumps(keys.quote_key)},
    }
    return {
        service: {
            "SERVICE": service,
            # Letters and digits only: they stand in addresses.
            "DATABASE_PASSWORD": secrets.token_hex(16),
            "KAFKA_PASSWORD": secrets.token_hex(16),
            "TESSERA_SECRET": keys.service_secrets[service],
            "TESSERA_KEK": f"1:{keys.key_encryption_keys[service]}",
            "TESSERA_TOKEN_KEYS": public(keys.token_key),
            **own.get(service, {}),
            **{name: given[name] for name in ASKED.get(service, ())},
        }
        for service in SERVICES
    }


def manifests(
    made: Mapping[str, Item], namespace: str, database: str, kafka: str
) -> list[Manifest]:
    """What `components/external-secrets` would make of the items, for stores without TLS."""
    objects = [
        _secret(namespace, f"{service}-secret", service, item | addresses(item, database, kafka))
        for service, item in made.items()
    ]
    passwords = {
        f"{name.upper()}_PASSWORD": item["DATABASE_PASSWORD"] for name, item in made.items()
    }
    root = {"POSTGRES_PASSWORD": secrets.token_hex(16)}
    return [*objects, _secret(namespace, "postgres", "postgres", root | passwords)]


def addresses(item: Item, database: str, kafka: str) -> Item:
    """Where a service finds its stores."""
    who = f"{item['SERVICE']}:{item['DATABASE_PASSWORD']}"
    url = f"postgresql://{who}@{database}/{item['SERVICE']}"
    return {"TESSERA_DATABASE_URL": url, "TESSERA_KAFKA": kafka}


def _secret(namespace: str, name: str, service: str, values: Item) -> Manifest:
    labels = {
        "app.kubernetes.io/name": service,
        "app.kubernetes.io/component": "secret",
        "app.kubernetes.io/part-of": "tessera",
    }
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values}
