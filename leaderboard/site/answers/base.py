"""What all answers share."""

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """An answer: nothing that is not described here gets into it."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)
