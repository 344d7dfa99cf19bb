"""python -m services.events api | worker | migrate | rebuild | ..."""

from services.events.app import blueprint
from shared.cli import main

main(blueprint)
