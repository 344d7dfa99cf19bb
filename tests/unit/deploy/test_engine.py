"""Whether containers are used is said by the environment, or found out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import engine
from deploy.local.composed import Composed, is_brief
from deploy.local.settings import DEFAULT_BASE, Settings, numbered
from deploy.local.trouble import Trouble


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    engine.answers.cache_clear()
    yield
    engine.answers.cache_clear()


@pytest.fixture
def without_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    monkeypatch.delenv(engine.VARIABLE, raising=False)


def test_processes_are_the_default_where_no_engine_answers(without_engine: None) -> None:
    assert not engine.composes()


def test_who_says_none_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(engine.VARIABLE, "none")
    assert not engine.answers()


def test_who_insists_is_told_that_no_engine_answers(
    without_engine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(engine.VARIABLE, "docker")
    with pytest.raises(Trouble, match="no engine answers"):
        engine.composes()


def test_a_misspelt_wish_is_no_wish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(engine.VARIABLE, "dokcer")
    with pytest.raises(Trouble, match="'dokcer'"):
        engine.answers()


def test_in_containers_the_stack_comes_whole() -> None:
    settings = Settings(state=Path("state"), cache=Path("cache"), ports=numbered(DEFAULT_BASE))
    with pytest.raises(Trouble, match="TESSERA_ENGINE=none"):
        Composed(settings).up(["billing"])


def test_what_does_one_thing_and_ends_is_not_waited_for() -> None:
    assert is_brief("keys")
    assert is_brief("billing-migrate")
    assert not is_brief("billing-worker")
