"""docs/asyncapi.yaml: who says what on which topic, and who listens."""

import importlib
from typing import Any

import yaml

from shared.contracts.contract import Contract
from shared.relay import PARTITIONS
from tools import house

Document = dict[str, Any]

INTRODUCTION = """\
What the four services of Tessera tell each other, and anybody else who may read the topics.
Every record's value is a CloudEvent 1.0 in structured mode: the fact is in `data`, and what is known about the fact
around it. Records of one key keep their order; any record may arrive more than once, with the same `source` and `id`.
How to read along: consume.md."""

HEADERS: Document = {
    "type": "object",
    "description": "The few attributes that routing needs, so that nobody has to parse the value for them.",
    "properties": {
        "content-type": {"const": "application/cloudevents+json; charset=utf-8"},
        "ce_id": {"type": "string", "format": "uuid"},
        "ce_source": {"type": "string"},
        "ce_type": {"type": "string"},
        "ce_position": {"type": "string", "pattern": "^[0-9]+$"},
        "ce_communityid": {"type": "string", "format": "uuid"},
    },
}


def document() -> Document:
    """The whole document."""
    topics = house.topics()
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Tessera", "version": "1", "description": INTRODUCTION},
        "defaultContentType": "application/cloudevents+json",
        "servers": {
            "kafka": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "description": "The Kafka cluster of the stack.",
                "variables": {"bootstrap": {"default": "127.0.0.1:8111"}},
            }
        },
        "channels": {channel_id(topic): _channel(topic, topics[topic]) for topic in topics},
        "operations": _operations(topics),
        "components": {
            "messages": {
                message_id(contract): _message(contract)
                for contracts in topics.values()
                for contract in contracts
            },
            "messageTraits": {"cloudEvent": _trait()},
        },
    }


def channel_id(topic: str) -> str:
    """`tessera.billing.order.v1` as `billing_order_v1`."""
    return topic.removeprefix("tessera.").replace(".", "_")


def message_id(contract: type[Contract]) -> str:
    """The type without its prefix: `billing.OrderPaid`."""
    return contract.type().removeprefix("io.tessera.")


def title_of(topic: str, contracts: list[type[Contract]]) -> str:
    """What a topic is about, in the words of its module."""
    text = importlib.import_module(contracts[0].__module__).__doc__ or ""
    return text.strip().removeprefix(f"{topic}: ").removesuffix(".")


def key_of(contracts: list[type[Contract]]) -> str:
    """What the key of a topic's records stands for, in the words its contracts share."""
    parent = contracts[0].__mro__[1]
    sentence = house.summary(parent) if parent.__module__ == contracts[0].__module__ else ""
    _, _, told = sentence.partition("the key is ")
    return told.partition(".")[0] or "the stream the fact is from"


def _channel(topic: str, contracts: list[type[Contract]]) -> Document:
    description = (
        f"{title_of(topic, contracts)[:1].upper()}{title_of(topic, contracts)[1:]}.\n"
        f"Key: {key_of(contracts)}. Partitions: {PARTITIONS}, by murmur2 of the key, as every Kafka client does it. "
        "Retention: for ever, never compacted. Made by `migrate`, never by itself."
    )
    return {
        "address": topic,
        "title": topic,
        "description": description,
        "messages": {
            contract.__name__: {"$ref": f"#/components/messages/{message_id(contract)}"}
            for contract in contracts
        },
        "bindings": {
            "kafka": {
                "topic": topic,
                "partitions": PARTITIONS,
                "topicConfiguration": {
                    "cleanup.policy": ["delete"],
                    "retention.ms": -1,
                    "retention.bytes": -1,
                },
                "bindingVersion": "0.5.0",
            }
        },
    }


def _message(contract: type[Contract]) -> Document:
    return {
        "name": contract.type(),
        "title": contract.__name__,
        "summary": house.summary(contract),
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "payload": {
            "allOf": [
                {"$ref": "./schemas/envelope.json"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": contract.type()},
                        "dataschema": {"const": contract.schema_id()},
                        "schemaversion": {"type": "integer", "maximum": contract.version},
                        "data": {"$ref": f"./schemas/{contract.topic}/{contract.__name__}.json"},
                    },
                },
            ]
        },
    }


def _trait() -> Document:
    return {
        "contentType": "application/cloudevents+json",
        "headers": HEADERS,
        "correlationId": {
            "description": "The request all this began with.",
            "location": "$message.payload#/correlationid",
        },
        "bindings": {
            "kafka": {
                "key": {
                    "type": "string",
                    "format": "uuid",
                    "description": "The stream, as `subject`.",
                },
                "bindingVersion": "0.5.0",
            }
        },
    }


def _operations(topics: dict[str, list[type[Contract]]]) -> Document:
    found: Document = {}
    for blueprint in house.blueprints():
        said = {publication.to for publication in blueprint.publications}
        heard = blueprint.heard()
        for topic, contracts in topics.items():
            for action, verb, chosen in (("send", "says", said), ("receive", "hears", heard)):
                messages = [contract for contract in contracts if contract in chosen]
                if messages:
                    found[f"{blueprint.name}_{verb}_{channel_id(topic)}"] = _operation(
                        blueprint.name, action, topic, messages
                    )
    return found


def _operation(service: str, action: str, topic: str, contracts: list[type[Contract]]) -> Document:
    channel = f"#/channels/{channel_id(topic)}"
    names = ", ".join(contract.__name__ for contract in contracts)
    operation: Document = {
        "action": action,
        "channel": {"$ref": channel},
        "summary": f"{service} {'publishes' if action == 'send' else 'listens to'} {names}.",
        "tags": [{"name": service}],
        "messages": [{"$ref": f"{channel}/messages/{c.__name__}"} for c in contracts],
    }
    if action == "receive":
        group = {"type": "string", "const": f"tessera.{service}"}
        operation["bindings"] = {"kafka": {"groupId": group, "bindingVersion": "0.5.0"}}
    return operation


class _Plain(yaml.SafeDumper):
    """Lists are indented, long texts are blocks, and nothing is an alias."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002  Its signature is yaml's.
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  The same.
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Plain.add_representer(str, _text)


def as_text() -> str:
    """The document as YAML."""
    head = "# Written by `make contracts` from the code.\n"
    return head + yaml.dump(
        document(), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110
    )
