"""Every way we know of to send us into our own network; none is gone."""

import pytest

from services.membership.gateways.addresses import (
    ForbiddenAddress,
    checked,
    is_loopback,
    is_public,
)

PRIVATE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16
169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1
192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1
::127.0.0.1 ::169.254.169.254 64:ff9b::7f00:1 64:ff9b::169.254.169.254 64:ff9b:1::a00:1 100::1 2001::1
2001:0:7f00:1:: 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a9fe:a9fe:: 3fff::1 5f00::1
fc00::1 fd00::1 fd00:ec2::254 fd20:ce::254 fe80::1 fe80::1%eth0 fe80::1%1 fec0::1 ff02::1 ff0e::1
2606:4700::5efe:7f00:1 2606:4700::200:5efe:a00:1 2606:4700::1%eth0
""".split()

PUBLIC = """
1.1.1.1 8.8.8.8 93.184.216.34 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.167.255.255 223.255.255.255
2606:4700:4700::1111 2a00:1450:4007:80e::200e 2620:fe::fe
""".split()


@pytest.mark.parametrize("address", PRIVATE)
def test_nobody_is_sent_where_only_we_could_go(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_everybody_reaches_we_reach(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "example.com", "127.1", "0x7f000001", "1.1.1.1.", "1.1.1"])
def test_what_is_no_numeric_address_is_not_public(text: str) -> None:
    assert not is_public(text)
    assert not is_loopback(text)


@pytest.mark.parametrize(
    "url",
    [
        "https://crm.example/hook",
        "https://crm.example:8443/hook?tool=1&x=%2F",
        "https://crm.example:443",
        "https://xn--bcher-kva.example/",
        "https://1.1.1.1/hook",
        "https://[2606:4700:4700::1111]/hook",
        "HTTPS://CRM.EXAMPLE/hook",
    ],
)
def test_a_public_place_is_taken(url: str) -> None:
    assert checked(url, to_loopback=False) == url
    assert checked(url, to_loopback=True) == url


TRICKS = [
    "",
    "crm.example",
    "//crm.example/",
    "http://crm.example/",
    "ftp://crm.example/",
    "file:///etc/passwd",
    "gopher://crm.example/",
    "javascript:alert(1)",
    "https://",
    "https:///hook",
    "https:crm.example",
    "https://localhost/",
    "https://localhost./",
    "https://LOCALHOST/",
    "https://crm.localhost/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://metadata.google.internal./",
    "https://metadata/",
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://127.1/",
    "https://0/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0x7f.1/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://127.0.0.0x1/",
    "https://1.1.1.0x/",
    "https://169.254.169.254/latest/meta-data/",
    "https://2852039166/",
    "https://10.0.0.1/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fe80::1%eth0]/",
    "https://[fd00:ec2::254]/",
    "https://[::1/",
    "https://[crm.example]/",
    "https://[v1.fe]/",
    "https://crm.example@127.0.0.1/",
    "https://127.0.0.1@crm.example/",
    "https://ada:secret@crm.example/",
    "https://@crm.example/",
    "https://crm.example/#fragment",
    "https://crm.example/#",
    "https://crm.example#@127.0.0.1/",
    "https://127.0.0.1\\@crm.example/",
    "https://crm.example\\.evil.example/",
    "https://crm.example:22/",
    "https://crm.example:25/",
    "https://crm.example:80/",
    "https://crm.example:0/",
    "https://crm.example:65536/",
    "https://crm.example:-1/",
    "https://crm.example:https/",
    "https://crm .example/",
    " https://crm.example/",
    "https://crm.example/\r\nHost: 127.0.0.1",
    "https://crm.example/\x00",
    "https://crm.example/\t",
    "https://crm。example/",
    "https://①②⑦.0.0.1/",
    "https://ⓛocalhost/",
    "https://bücher.example/",
    "https://crm..example/",
    "https://.crm.example/",
    "https://-crm.example/",
    "https://crm_example/",
    "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 200 + "example/",
    "https://%31%32%37.0.0.1/",
    "https://127.0.0.1%00.example/",
]


@pytest.mark.parametrize("url", TRICKS)
def test_no_trick_of_writing_gets_past_the_door(url: str) -> None:
    with pytest.raises(ForbiddenAddress):
        checked(url, to_loopback=False)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8080/", "https://127.0.0.1/", "http://localhost:9/", "http://[::1]:9/"],
)
def test_only_development_reaches_this_machine(url: str) -> None:
    assert checked(url, to_loopback=True) == url
    with pytest.raises(ForbiddenAddress):
        checked(url, to_loopback=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example/",
        "https://10.0.0.1/",
        "https://169.254.169.254/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "http://0.0.0.0/",
        "ftp://127.0.0.1/",
        "http://ada@127.0.0.1/",
    ],
)
def test_development_reaches_nothing_else(url: str) -> None:
    with pytest.raises(ForbiddenAddress):
        checked(url, to_loopback=True)
