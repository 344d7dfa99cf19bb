"""Which addresses others may send us to: public ones, so that nobody reaches our own network through us."""

import ipaddress
import re
from urllib.parse import urlsplit

HTTPS = 443
FIRST_FREE_PORT = 1024

# Everything that is not plain unicast on the public Internet, said here because the standard library's idea of
# it has changed from release to release. 168.63.129.16 is a cloud's own door that looks public.
_REFUSED_4 = [
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12"
        " 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16"
        " 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3"
    ).split()
]
# IPv6 is the other way round: only global unicast, less what tunnels to IPv4, documents or benchmarks.
_GLOBAL_6 = ipaddress.IPv6Network("2000::/3")
_REFUSED_6 = [
    ipaddress.IPv6Network(network)
    for network in "2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20".split()
]
_ISATAP = {0x00005EFE, 0x02005EFE}

_NAME = re.compile(
    r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", re.IGNORECASE
)
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.IGNORECASE)
_OURS = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home.arpa")


class ForbiddenAddress(Exception):
    """We do not go there; the text says why, for whoever named the address."""


def is_public(text: str) -> bool:
    """Whether this numeric address is one that everybody on the Internet reaches."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _REFUSED_4)
    if address.scope_id is not None or (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return False
    return address in _GLOBAL_6 and not any(address in network for network in _REFUSED_6)


def is_loopback(text: str) -> bool:
    """Whether this numeric address is this machine itself, plainly written."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.is_loopback and getattr(address, "ipv4_mapped", None) is None


def checked(url: str, *, to_loopback: bool) -> str:
    """The URL, ForbiddenAddress when its form alone says that we do not go there.

    What its name stands for is checked again at every connection: a name may point elsewhere by then.
    """
    if not url.isascii() or not url.isprintable() or set(url) & set(" \\\"'<>^`{|}"):
        raise ForbiddenAddress("A URL is made of printable ASCII; write other names in Punycode.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ForbiddenAddress("This is not a URL.") from error
    if "@" in parts.netloc:
        raise ForbiddenAddress("A URL with a name or a password in it is not accepted.")
    if parts.fragment or url.endswith("#"):
        raise ForbiddenAddress("A fragment is never sent; leave it out.")
    if (
        to_loopback
        and parts.scheme in ("http", "https")
        and (host == "localhost" or is_loopback(host))
    ):
        return url
    if parts.scheme != "https":
        raise ForbiddenAddress("Only https is accepted.")
    if port is not None and port != HTTPS and port < FIRST_FREE_PORT:
        raise ForbiddenAddress(f"The port is {HTTPS}, or {FIRST_FREE_PORT} and above.")
    _check_host(host, is_bracketed="[" in parts.netloc)
    return url


def _check_host(host: str, *, is_bracketed: bool) -> None:
    # A host that ends in a number is an address to every resolver, in whatever way it is written.
    if is_bracketed or _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        if not is_public(host):
            raise ForbiddenAddress("This address is not a public one.")
    elif not _NAME.fullmatch(host) or f".{host}".endswith(_OURS):
        raise ForbiddenAddress("The host has to be a public name.")
