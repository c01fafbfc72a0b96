"""When a card transaction may be booked: the part of a connection file that says it (`brex.transactions`)."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Days = Annotated[int, Field(ge=0, le=366)]
FieldName = Annotated[str, Field(min_length=1, max_length=100)]


class Readiness(BaseModel):
    """`approved`: the expense, or each part of a split one, is approved in Brex. `fields`: only the fields named are
    looked at. The fields must be filled in either way.

    `grace_days` from the posting date on the coding may still change; after `hold_after_days` what waits is held.
    Each poll reads so many `window_days` again: settlements arrive late and with earlier dates.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    ready: Literal["approved", "fields"] = "approved"
    fields: list[FieldName] = []
    grace_days: Days = 0
    hold_after_days: Days = 30
    window_days: Days = 45

    @model_validator(mode="after")
    def _makes_sense(self) -> "Readiness":
        mistakes = []
        if self.ready == "fields" and not self.fields:
            mistakes.append('fields is empty, so with ready "fields" nothing would be waited for')
        if self.hold_after_days <= self.grace_days and self.grace_days:
            mistakes.append("hold_after_days must be more than grace_days")
        if self.window_days <= max(self.hold_after_days, self.grace_days):
            mistakes.append("window_days must be more than hold_after_days and grace_days: what waits is read again")
        if mistakes:
            raise ValueError("; ".join(mistakes))
        return self
