"""Whether a text has certain words in it, for people who do not type capitals and accents; and one address of many."""

import unicodedata


def mailbox(address: str) -> str:
    """An address as it is known by: capitals make no other. But ß is not ss: that mailbox may be somebody else's."""
    return address.strip().lower()


def has_words(text: str, words: str) -> bool:
    """Each of them, or the beginning of it or its middle, in any order."""
    folded = plain(text)
    return all(word in folded for word in plain(words).split())


def plain(text: str) -> str:
    """Without capitals and accents, however these are encoded."""
    if text.isascii():
        return text.lower()
    spelled = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(character for character in spelled if not unicodedata.combining(character))
