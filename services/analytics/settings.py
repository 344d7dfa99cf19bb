"""The environment analytics reads: what every service reads, and no more."""

from shared.settings import Settings

__all__ = ["Settings"]
