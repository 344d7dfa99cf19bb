"""python -m services.billing api | worker | migrate | rebuild | ..."""

from services.billing.app import blueprint
from shared.cli import main

main(blueprint)
