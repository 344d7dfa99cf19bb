from pathlib import Path

import pytest

from tools import contracts

SCHEMA = '{"title": "Sold", "x-version": 1, "type": "object", "properties": {}}'
GROWN = '{"title": "Sold", "x-version": 2, "type": "object", "properties": {"n": {}}}'
BROKEN = '{"title": "Sold", "x-version": 2, "type": "string"}'
PATH = "schemas/tessera.shop.sale.v1/Sold.json"


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docs/ that says what the code says: one schema, and one page of errors."""
    monkeypatch.setattr(contracts, "DOCS", tmp_path)
    (tmp_path / PATH).parent.mkdir(parents=True)
    (tmp_path / PATH).write_text(SCHEMA)
    (tmp_path / "errors.md").write_text("sold_out\n")
    return tmp_path


def run(
    monkeypatch: pytest.MonkeyPatch, documents: dict[str, str], *arguments: str
) -> int | str | None:
    monkeypatch.setattr(contracts, "documents", lambda: documents)
    monkeypatch.setattr("sys.argv", ["contracts", *arguments])
    try:
        contracts.main()
    except SystemExit as ended:
        return ended.code
    return 0


def test_no_drift_is_said_and_is_no_failure(
    docs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    same = {PATH: SCHEMA, "errors.md": "sold_out\n"}
    assert run(monkeypatch, same, "--check") == 0
    assert capsys.readouterr().out == "No drift.\n"
    assert (docs / PATH).exists()


def test_drift_is_shown_and_fails(
    docs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = {PATH: SCHEMA, "errors.md": "sold_out\nfull\n", "asyncapi.yaml": "a: 1\n"}
    assert run(monkeypatch, now, "--check") == 1
    told = capsys.readouterr().out
    assert "docs/errors.md: 1 lines differ\n    +full" in told
    assert "docs/asyncapi.yaml: 1 lines differ\n    +a: 1" in told
    assert (docs / "errors.md").read_text() == "sold_out\n"


def test_writing_writes_what_is_new_and_removes_what_is_gone(
    docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (docs / "openapi").mkdir()
    (docs / "openapi" / "shop.json").write_text('{"paths": {}}')
    now = {PATH: GROWN, "errors.md": "full\n", "openapi/shop.json": '{"paths": {"/a": {}}}'}
    assert run(monkeypatch, now) == 0
    assert contracts.committed() == now


def test_a_break_is_refused_and_nothing_is_written(
    docs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, {PATH: BROKEN, "errors.md": "full\n"}) == 1
    assert f"{PATH}: Sold: type was object, is string" in capsys.readouterr().out
    assert (docs / PATH).read_text() == SCHEMA
    assert (docs / "errors.md").read_text() == "sold_out\n"


def test_what_no_release_has_published_may_go(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (docs / PATH).unlink()
    assert run(monkeypatch, {PATH: BROKEN, "errors.md": "sold_out\n"}) == 0
    assert (docs / PATH).read_text() == BROKEN
