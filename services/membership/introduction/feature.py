"""Introductions between members who both agree."""

from services.membership.introduction import routes
from services.membership.introduction.decider import INTRODUCTION
from services.membership.introduction.projections import INTRODUCTIONS
from services.membership.introduction.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="introduction",
    deciders=(INTRODUCTION,),
    router=routes.router,
    projections=(INTRODUCTIONS,),
    reactions=REACTIONS,
)
