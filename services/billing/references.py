"""What a payer writes on a transfer: eight letters, by which the payment is found again."""

from uuid import UUID

from shared.ids import Code

LETTERS_SHOWN = 8
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is mistaken for another."""


def reference_of(payment_id: UUID) -> Code:
    """What the payer writes on a transfer: eight letters for the first forty bits of the payment's id."""
    number = payment_id.int >> 88
    letters = "".join(LETTERS[number >> shift & 31] for shift in range(35, -1, -5))
    return Code(f"{letters[:4]}-{letters[4:]}")


def ids_of(reference: str) -> tuple[UUID, UUID]:
    """The first and the last id that a reference may be of, however it was typed; ValueError for none of ours."""
    alike = reference.upper().translate(str.maketrans("OIL", "011", " -."))
    if len(alike) != LETTERS_SHOWN or not set(alike) <= set(LETTERS):
        raise ValueError("is no reference of ours")
    number = 0
    for letter in alike:
        number = number << 5 | LETTERS.index(letter)
    return UUID(int=number << 88), UUID(int=(number + 1 << 88) - 1)
