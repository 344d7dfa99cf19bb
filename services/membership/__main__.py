"""python -m services.membership api | worker | migrate | rebuild"""

from services.membership.app import blueprint
from shared.cli import main

main(blueprint)
