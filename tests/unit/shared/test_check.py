"""A wrong configuration ends in a sentence that names the variable."""

import sys

import pytest

from shared.cli import main
from shared.service import Blueprint
from shared.settings import Settings

RIGHT = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "KAFKA": "127.0.0.1:1",
    "SECRET": "s" * 32,
    "KEK": "1:" + "A" * 43,
    "TOKEN_KEYS": '{"keys": []}',
}


@pytest.mark.parametrize(
    ("name", "wrong", "sentence"),
    [
        ("KEK", "1:AAAA", "must hold keys of 32 bytes"),
        ("SECRET", "short", "at least 32"),
        ("TOKEN_KEYS", "{}", "must be a JWKS document"),
        ("CLOCK", "stopped", "'real' or 'movable'"),
    ],
)
def test_a_wrong_variable_is_named(
    name: str,
    wrong: str,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for variable, value in (RIGHT | {name: wrong}).items():
        monkeypatch.setenv(f"TESSERA_{variable}", value)
    monkeypatch.setattr(sys, "argv", ["service", "check"])

    def blueprint() -> Blueprint:
        raise AssertionError(Settings())

    with pytest.raises(SystemExit) as ended:
        main(blueprint)
    (line,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert line.startswith(f"TESSERA_{name}: ")
    assert sentence in line
