"""What all tables of event.sqlite share."""

from datetime import datetime
from typing import Literal

from sqlalchemy import JSON, MetaData, String
from sqlalchemy.orm import DeclarativeBase

from leaderboard.store.columns import UtcDateTime

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
SubmissionState = Literal["queued", "judging", "scored", "failed"]
JobState = Literal["queued", "claimed", "done", "failed"]
Out = Literal["withdrawn", "disqualified"]
CodeKind = Literal["team", "member", "preview", "organiser"]
Role = Literal["organiser", "helper", "jury"]
TaskKind = Literal["kit", "rescore", "switch", "roll back", "finalize", "ceremony", "publish", "reveal"]
TaskState = Literal["waiting", "asking", "running", "done", "refused"]
AiHelp = Literal["none", "assisted", "autonomous"]
ProcessKind = Literal["web", "judge"]


class Base(DeclarativeBase):
    """Tables of event.sqlite."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012
        datetime: UtcDateTime,
        dict: JSON,
        list: JSON,
        SubmissionState: String,
        JobState: String,
        Out: String,
        CodeKind: String,
        AiHelp: String,
        Role: String,
        TaskKind: String,
        TaskState: String,
        ProcessKind: String,
    }
