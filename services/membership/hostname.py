"""Names that a community may call its own, as DNS has them."""

import ipaddress
from functools import cache
from urllib.parse import urlsplit

import idna
from publicsuffixlist import PublicSuffixList

LONGEST = 253 - len("_tessera-challenge.")  # The record of a name has a name too.


@cache
def _suffixes() -> PublicSuffixList:
    """The Public Suffix List (publicsuffix.org), as the library was released with it."""
    return PublicSuffixList()


def hostname(text: str) -> str:
    """The name in lower case, by IDNA (UTS #46); ValueError for what nobody can own, or sets no record for."""
    try:
        name = idna.encode(text.removesuffix("."), uts46=True, std3_rules=True).decode()
    except idna.IDNAError as error:
        raise ValueError("is no host name") from error
    if len(name) > LONGEST:
        raise ValueError("is too long")
    if _is_address(name):
        raise ValueError("is an address, not a name")
    if _suffixes().privatesuffix(name) is None:
        raise ValueError("is what names are registered under")
    return name


def is_within(name: str, origin: str) -> bool:
    """Whether the name is that of the origin's host, or below it."""
    host = urlsplit(origin).hostname or ""
    return f".{name}".endswith(f".{host}")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name.rpartition(".")[2].isdigit()
    return True
