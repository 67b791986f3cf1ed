"""The command ``serve``: a release, files of RDF or another endpoint, over HTTP.

Errors: those of `foedus.web.app` and `foedus.web.serving`, which the group turns into one
message and exit status 1.
"""

import sys
from pathlib import Path

import click

_RELEASE = Path("build/release")
_MIB = 1 << 20
_path = click.Path(path_type=Path)


@click.command()
@click.argument("files", nargs=-1, type=_path)
@click.option(
    "--release",
    "folder",
    type=_path,
    help=f"Folder of the release to serve.  [default: {_RELEASE}]",
)
@click.option(
    "--on-disk/--in-memory",
    "on_disk",
    default=None,
    help="Where the release is searched; of a large one only the union of its graphs is in "
    "memory.  [default: on disk from a million quads on]",
)
@click.option(
    "--data", multiple=True, type=_path, metavar="FILE...", help="Files of RDF to serve instead."
)
@click.option("--endpoint", metavar="URL", help="SPARQL endpoint to stand before instead.")
@click.option(
    "--data-version",
    metavar="TEXT",
    help="Version of the data behind --endpoint; caches keep answers until it changes.",
)
@click.option(
    "--allow-service",
    "services",
    multiple=True,
    metavar="URL",
    help="SPARQL endpoint that queries may call with SERVICE; none by default.",
)
@click.option(
    "--allow-local-services",
    "local_services",
    is_flag=True,
    help="Let these be on this machine: for tests.",
)
@click.option(
    "--queries", type=_path, help="Folder of saved queries; the project's own by default."
)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8321, show_default=True, type=click.IntRange(0, 65535))
@click.option("--base-url", help="Address the public sees, where a proxy stands before.")
@click.option(
    "--proxies",
    default=0,
    show_default=True,
    type=click.IntRange(0, 8),
    help="Number of proxies before the service whose X-Forwarded-* headers are believed.",
)
@click.option(
    "--doors",
    type=click.IntRange(0, 16),
    help="Processes that answer what is ready, beside the first.  [default: one less than there "
    "are processors, or as many where the first lacks the data; at most 3]",
)
@click.option("--threads", default=80, show_default=True, type=click.IntRange(1, 256))
@click.option(
    "--cache",
    default=64,
    show_default=True,
    type=click.IntRange(0),
    help="MiB of answers kept ready.",
)
@click.option(
    "--seconds",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0.1, 3600),
    help="Time a query may take.",
)
@click.option(
    "--memory",
    default=1024,
    show_default=True,
    type=click.IntRange(16),
    help="MiB a query may take, the data not counted.",
)
@click.option("--rows", type=click.IntRange(1), help="Rows an answer may have; any number.")
@click.option(
    "--response",
    default=256,
    show_default=True,
    type=click.IntRange(1),
    help="MiB an answer may have.",
)
@click.option(
    "--quick",
    default=4,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Queries evaluated at once while nobody knows whether they are long.",
)
@click.option(
    "--long",
    "long_queries",
    default=2,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Long queries evaluated at once, each in a process of low priority.",
)
@click.option(
    "--line",
    default=64,
    show_default=True,
    type=click.IntRange(0, 1024),
    help="Long queries that wait; the next one is told to come later.",
)
@click.option(
    "--rate",
    metavar="N/PERIOD",
    help="Requests a client may send, as 120/minute; any number by default.",
)
def serve(
    files: tuple[Path, ...],
    folder: Path | None,
    on_disk: bool | None,
    data: tuple[Path, ...],
    endpoint: str | None,
    data_version: str | None,
    services: tuple[str, ...],
    local_services: bool,
    queries: Path | None,
    host: str,
    port: int,
    base_url: str | None,
    proxies: int,
    doors: int | None,
    threads: int,
    cache: int,
    seconds: float,
    memory: int,
    rows: int | None,
    response: int,
    quick: int,
    long_queries: int,
    line: int,
    rate: str | None,
) -> None:
    """Serve a release: SPARQL endpoint, saved queries, linked data and pages.

    With --data, any RDF files are served instead, each as a graph of its own; with --endpoint,
    what stands behind another SPARQL endpoint.
    """
    from foedus.engine import Limits, allocator
    from foedus.engine.lanes import Sizes
    from foedus.web import journal, server, serving
    from foedus.web.app import Config, create_app

    if files and not data:
        raise click.UsageError("files to serve follow --data")
    if sum(map(bool, (folder, data, endpoint))) > 1:
        raise click.UsageError("--release, --data and --endpoint exclude one another")
    if services and endpoint:
        raise click.UsageError("--allow-service and --endpoint exclude one another")
    if data_version and not endpoint:
        raise click.UsageError("--data-version belongs to --endpoint")
    if threads <= quick + long_queries + line:
        raise click.UsageError("--threads must be more than --quick, --long and --line together")

    def announce(url: str) -> None:
        click.echo(f"Foedus is served at {url}", err=True)
        if allocator.find() is None:
            click.echo(f"Note: {allocator.HINT}", err=True)

    journal.write_to(sys.stdout)
    loop = server.new_loop()
    app = create_app(
        Config(
            release=None if data or endpoint else folder or _RELEASE,
            on_disk=on_disk,
            data=data + files,
            endpoint=endpoint,
            version=data_version,
            services=services,
            local_services=local_services,
            queries=queries,
            base_url=base_url,
            step=lambda name: click.echo(f"{name} …", err=True),
            proxies=proxies,
            rate=rate,
            limits=Limits(seconds, memory * _MIB, rows, response * _MIB),
            sizes=Sizes(quick, long_queries, line, wait=seconds),
        ),
        loop,
    )
    serving.serve(
        app,
        loop=loop,
        host=host,
        port=port,
        threads=threads,
        room=cache * _MIB,
        proxies=proxies,
        doors=doors,
        longest=3 * seconds,
        announce=announce,
    )
