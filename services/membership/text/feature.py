"""Texts that staff write: what there is to read of news and articles."""

from services.membership.text.decider import TEXT
from services.membership.text.projections import TEXTS
from shared.feature import Feature

FEATURE = Feature(name="text", deciders=(TEXT,), projections=(TEXTS,))
