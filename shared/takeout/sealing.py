"""A part of a bundle, sealed so that only the bundle's private key opens it: X25519, HKDF, AES-256-GCM by the chunk."""

import base64
import zlib
from collections.abc import Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CHUNK = 64 * 1024
TAG = 16
KEY = 32
_INFLATED = 1024 * 1024


class Damaged(Exception):
    """What was sealed does not open: other bytes, another bundle's, or cut off."""


def new_pair() -> tuple[str, str]:
    """A public key and its private one, as text."""
    private = X25519PrivateKey.generate()
    return _text(private.public_key().public_bytes_raw()), _text(private.private_bytes_raw())


class Seal:
    """Packs what is written to it, and seals it `bound` to one place; each one has a key of its own."""

    def __init__(self, out: IO[bytes], public_key: str, bound: bytes) -> None:
        own = X25519PrivateKey.generate()
        head = own.public_key().public_bytes_raw()
        shared = own.exchange(X25519PublicKey.from_public_bytes(_raw(public_key)))
        self._cipher = _cipher(shared, head, bound)
        self._out, self._packer = out, zlib.compressobj()
        self._waiting, self._number = bytearray(), 0
        out.write(head)

    def write(self, data: bytes) -> None:
        """What comes next."""
        self._add(self._packer.compress(data))

    def close(self) -> None:
        """There is no more, which is sealed as well: what was cut off does not open."""
        self._add(self._packer.flush())
        self._seal(self._waiting, last=True)

    def _add(self, packed: bytes) -> None:
        self._waiting += packed
        while len(self._waiting) > CHUNK:
            self._seal(self._waiting[:CHUNK], last=False)
            del self._waiting[:CHUNK]

    def _seal(self, chunk: bytearray, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._number, last=last), bytes(chunk), None))
        self._number += 1


def unsealed(sealed: IO[bytes], private_key: str, bound: bytes) -> Iterator[bytes]:
    """What was written, piece by piece; Damaged where it is not what was sealed."""
    head = sealed.read(KEY)
    try:
        own = X25519PrivateKey.from_private_bytes(_raw(private_key))
        cipher = _cipher(own.exchange(X25519PublicKey.from_public_bytes(head)), head, bound)
        unpacker, number = zlib.decompressobj(), 0
        chunk = sealed.read(CHUNK + TAG)
        while chunk:
            following = sealed.read(CHUNK + TAG)
            packed = cipher.decrypt(_nonce(number, last=not following), chunk, None)
            while packed:
                yield unpacker.decompress(packed, _INFLATED)
                packed = unpacker.unconsumed_tail
            chunk, number = following, number + 1
        yield unpacker.flush()
    except (InvalidTag, ValueError, zlib.error) as error:
        raise Damaged from error
    if not unpacker.eof:
        raise Damaged


def _cipher(shared: bytes, head: bytes, bound: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), KEY, salt=head, info=b"tessera bundle" + bound).derive(shared))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + bytes([last])


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text)
