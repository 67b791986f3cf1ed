"""Which state a row of a voting table means: by code, by name and by date.

Errors: none; what is not known is a fault at the row's line.
Used by the readers.
"""

from foedus.records.crosswalk import Crosswalk
from foedus.records.tables import Table


def by_code(table: Table, code: str, states: tuple[str, ...]) -> tuple[str, ...]:
    """Return the states a code stands for; report it where there are none."""
    if not states:
        table.fault("unknown-state", f"code {code!r} is not known")
    return states


def by_code_and_name(
    table: Table, crosswalk: Crosswalk, *, code: str, name: str
) -> tuple[str, ...]:
    """Return the states that an ISO code and a name stand for, the name deciding.

    The name is the state's at the time of the vote, while a code may be its successor's; so the
    code must only agree with the name, and counts alone where there is no name or no known one.
    Returns nothing after reporting a fault.
    """
    coded = crosswalk.iso.get(code, ())
    if not name:
        return by_code(table, code, coded)
    named = crosswalk.by_name(name)
    if not named:
        if coded:
            table.fault("unknown-name", f"name {name!r} is not known, code {code!r} is")
        else:
            table.fault("unknown-state", f"neither name {name!r} nor code {code!r} is known")
        return coded
    if coded and not set(coded) & set(named):
        table.fault("state-mismatch", f"code {code!r} and name {name!r} are two states")
        return ()
    return named


def told(
    table: Table, crosswalk: Crosswalk, text: str, states: tuple[str, ...], day: str
) -> str | None:
    """Return the one of ``states`` meant on a day; report it where the date does not tell."""
    state = crosswalk.at(states, day)
    if state is None:
        when = f"on {day}" if day else "without a date"
        table.fault("ambiguous-state", f"{text!r} {when} may be {' or '.join(states)}")
    return state
