"""How a service is told where Kafka is."""

from ssl import VerifyMode

import pytest

from shared.settings import kafka_client


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
