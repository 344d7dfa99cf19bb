from uuid import UUID

from services.membership.notice import commands, events
from services.membership.notice.decider import NOTICE
from shared.ids import Code, PersonId
from shared.testing import given

olga = PersonId(UUID(int=1))
template = Code("dispute_opened")
addressed = events.StaffAddressed(template, (), None, (olga,))


def test_the_staff_is_addressed_once() -> None:
    address = commands.AddressStaff(template, (), None, (olga,))
    given(NOTICE).when(address).then(addressed)
    given(NOTICE, addressed).when(address).then_nothing()
