"""The command line: ``foedus build, check, verify, coverage, read, query, sparql, serve``.

Each stage's commands stand in a module of their own and are gathered here. A
`FoedusError` becomes one message on standard error and exit status 1; wrong usage is
click's status 2; an unforeseen failure keeps its traceback.

Used by the console script ``foedus``.
"""

import click

from foedus import __version__
from foedus.cli import asking, building, importing
from foedus.errors import FoedusError


class _Group(click.Group):
    """The command group; turns our errors into one message and an exit status."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except FoedusError as error:
            click.echo(f"error: {error}", err=True)
            click.echo(f"see docs/errors.md#{error.code}", err=True)
            raise SystemExit(1) from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="foedus")
def main() -> None:
    """Build, check, ask and serve a knowledge graph of states, treaties, votes and claims."""


for command in (*building.COMMANDS, *importing.COMMANDS, *asking.COMMANDS):
    main.add_command(command)
