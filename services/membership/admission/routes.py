"""Saying who may join by themselves, and showing it to who would like to."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from services.membership.admission import commands
from services.membership.admission.decider import ADMISSION, admission_stream
from services.membership.admission.events import Question, Way
from services.membership.admission.projections import admission_now
from shared.http import Body, Caller, Written, needs
from shared.ids import Label
from shared.reaction import Ask
from shared.visibility.gate import Visitor

router = APIRouter()

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class AskedQuestion(Body):
    """With `options` it is answered by one of them, without by up to 2,000 characters."""

    text: Text
    options: tuple[Text, ...] = Field(default=(), max_length=20)
    required: bool = True


class ChooseAdmission(Body):
    way: Way
    questions: tuple[AskedQuestion, ...] = Field(default=(), max_length=20)


class AdmissionDoor(BaseModel):
    """Who applies says which `version` they answer."""

    version: int
    way: Way
    questions: list[AskedQuestion]


@router.put("/admission", operation_id="choose_admission")
async def choose_admission(
    body: ChooseAdmission, caller: Annotated[Caller, needs("community.write", strict=True)]
) -> Written:
    """From now on; who is invited, is given a seat or comes by a file comes in either way, and staff do."""
    questions = tuple(
        Question(Label(asked.text), tuple(map(Label, asked.options)), asked.required)
        for asked in body.questions
    )
    choose = commands.ChooseAdmission(body.way, questions)
    return await caller.ask(Ask(ADMISSION, admission_stream(caller.community_id), choose))


@router.get("/public/communities/{community_id}/admission", operation_id="read_admission")
async def read_admission(community_id: UUID, caller: Visitor) -> AdmissionDoor:
    """Whether one may join by oneself, and what is asked of who applies."""
    admission = await admission_now(caller.service, community_id)
    questions = [
        AskedQuestion(text=asked.text, options=asked.options, required=asked.required)
        for asked in admission.questions
    ]
    return AdmissionDoor(version=admission.version, way=admission.way, questions=questions)
