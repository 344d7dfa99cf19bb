import pytest
from pydantic import ValidationError

from tests.integration.membership.house import settings

BOT = {"discord_token": "t", "discord_client_id": "1", "discord_client_secret": "s"}


@pytest.mark.parametrize("missing", BOT)
def test_who_listens_to_discord_needs_the_whole_bot(missing: str) -> None:
    """`python -m services.membership check` ends with this sentence."""
    told = {name: value for name, value in BOT.items() if name != missing}
    with pytest.raises(ValidationError, match=f"TESSERA_{missing.upper()}"):
        settings("postgresql://nowhere", discord_activity=True, **told)


def test_the_bot_may_be_there_without_listening() -> None:
    assert settings("postgresql://nowhere", discord_activity=True, **BOT).discord_activity
    assert not settings("postgresql://nowhere", **BOT).discord_activity
    assert not settings("postgresql://nowhere").discord_activity


def test_the_bots_id_is_a_number() -> None:
    with pytest.raises(ValidationError, match="discord_client_id"):
        settings("postgresql://nowhere", **BOT | {"discord_client_id": "my-bot"})
