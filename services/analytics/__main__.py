"""python -m services.analytics api | worker | migrate | rebuild | ..."""

from services.analytics.app import blueprint
from shared.cli import main

main(blueprint)
