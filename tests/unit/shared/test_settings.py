"""How a service is told where Kafka is, and where files are kept: a bucket as a whole or not at all."""

from ssl import VerifyMode

import pytest
from pydantic import ValidationError

from shared.settings import kafka_client
from shared.takeout.store import SharedBucket, StoreSettings, stores

REST = {
    "database_url": "postgresql://nobody@localhost/nowhere",
    "kafka": "127.0.0.1:1",
    "secret": "s" * 64,
    "kek": "A" * 43,
    "token_keys": '{"keys": []}',
}
BUCKET = {"files_bucket": "https://b.s3.test", "files_key": "key", "files_secret": "secret"}


def test_an_address_alone_is_reached_in_the_clear() -> None:
    assert kafka_client("127.0.0.1:9092") == {"bootstrap_servers": "127.0.0.1:9092"}
    assert kafka_client("kafka-0:9092,kafka-1:9092") == {
        "bootstrap_servers": "kafka-0:9092,kafka-1:9092"
    }


def test_a_scram_address_names_who_calls_and_is_never_in_the_clear() -> None:
    client = kafka_client("scram://billing:p%40ss%2Fword@kafka-0:9093,kafka-1:9093")
    assert client["bootstrap_servers"] == "kafka-0:9093,kafka-1:9093"
    assert client["security_protocol"] == "SASL_SSL"
    assert client["sasl_mechanism"] == "SCRAM-SHA-512"
    assert (client["sasl_plain_username"], client["sasl_plain_password"]) == (
        "billing",
        "p@ss/word",
    )
    trusted = client["ssl_context"]
    assert trusted.check_hostname
    assert trusted.verify_mode is VerifyMode.CERT_REQUIRED


def test_brokers_of_an_authority_of_ones_own_are_trusted_by_its_file() -> None:
    with pytest.raises(FileNotFoundError):
        kafka_client("scram://billing:word@kafka:9093?ca=/nowhere/ca.crt")


@pytest.mark.parametrize("address", ["scram://kafka:9093", "scram://billing@kafka:9093"])
def test_a_scram_address_without_a_password_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="unpack"):
        kafka_client(address)


def test_a_bucket_keeps_files_when_all_three_are_told_and_none_may_be() -> None:
    found = stores(StoreSettings.model_validate(REST | BUCKET), "events")
    assert isinstance(found["files"], SharedBucket)
    assert stores(StoreSettings.model_validate(REST), "events") == {}


@pytest.mark.parametrize("missing", BUCKET)
def test_half_a_bucket_is_refused(missing: str) -> None:
    told = {name: value for name, value in BUCKET.items() if name != missing}
    with pytest.raises(ValidationError, match="goes together") as refusal:
        StoreSettings.model_validate(REST | told)
    (error,) = refusal.value.errors()
    assert error["loc"] == ("files_secret",), "the command line names what to set"
