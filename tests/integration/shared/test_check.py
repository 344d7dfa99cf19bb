"""`check` asks whatever the configuration names: it is right when Postgres and Kafka both answer."""

import asyncio
import sys

import pytest

from shared.cli import main
from shared.service import Blueprint
from tests.integration.shared.counting import running


def migrated(database_url: str, kafka: str) -> Blueprint:
    async def plan() -> Blueprint:
        async with running(database_url, kafka=kafka) as service:
            return service.blueprint

    return asyncio.run(plan())


@pytest.fixture(autouse=True)
def _check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["service", "check"])


def test_what_answers_is_right(
    database_url: str, kafka: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = migrated(database_url, kafka)
    main(lambda: plan)
    assert capsys.readouterr().out == "The configuration is right.\n"


def test_a_wrong_kafka_is_said_in_one_sentence(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = migrated(database_url, "127.0.0.1:1")
    with pytest.raises(SystemExit) as ended:
        main(lambda: plan)
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    assert said.err.splitlines()[-1].startswith("Kafka does not answer: ")
