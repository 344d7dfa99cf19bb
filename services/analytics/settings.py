"""The environment analytics reads: what every service reads, and where files are kept."""

from shared.takeout.store import StoreSettings as Settings

__all__ = ["Settings"]
