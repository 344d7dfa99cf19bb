"""What a resolver says of a name, on a real socket: texts, none, and no answer at all."""

import pytest

from services.membership.gateways.dns_gateway import DnsGateway
from services.membership.gateways.gateway import Unreachable
from tests.doubles.dns_server import zone

NAME = "_tessera-challenge.join.example.org"


async def test_all_texts_beside_a_name_are_told_however_long_and_in_whatever_case_it_is_asked() -> (
    None
):
    async with zone() as (served, address):
        served.texts[NAME] = ("v=spf1 -all", "proof", "x" * 600)
        gateway = DnsGateway(address)
        assert await gateway.texts(NAME) == {"v=spf1 -all", "proof", "x" * 600}
        assert await gateway.texts(NAME.upper()) == {"v=spf1 -all", "proof", "x" * 600}


async def test_a_name_without_texts_and_one_that_does_not_exist_have_none() -> None:
    async with zone() as (served, address):
        served.texts[NAME] = ()
        assert await DnsGateway(address).texts(NAME) == frozenset()
        assert await DnsGateway(address).texts("nowhere.example.org") == frozenset()


async def test_who_fails_or_keeps_silent_has_said_nothing() -> None:
    async with zone() as (served, address):
        served.failing.add(NAME)
        served.silent.add("silent.example.org")
        gateway = DnsGateway(address, patience=0.3)
        for name in (NAME, "silent.example.org"):
            with pytest.raises(Unreachable):
                await gateway.texts(name)


async def test_what_is_no_text_of_ours_is_read_all_the_same() -> None:
    async with zone() as (served, address):
        served.texts[NAME] = (r"\195\169",)
        (text,) = await DnsGateway(address).texts(NAME)
        assert "proof" not in text


async def test_nobody_at_the_address_is_no_answer() -> None:
    with pytest.raises(Unreachable):
        await DnsGateway("127.0.0.1:1", patience=0.3).texts(NAME)
