"""Run all suites: write ``build/earl.ttl``, print the counts, compare them with the page.

Usage: python -m conformance [--approve] [SUITE ...]   (``PYTHONPATH=tests``)
Exits with 1 where a failure is not explained in ``docs/conformance.md`` or its counts differ.

Another server that has an endpoint at ``/sparql`` can be judged too: ``--write FILE`` writes the
data that it must hold as N-Quads, ``--server URL`` says where it is.
"""

import argparse
import sys
from contextlib import nullcontext

import pyoxigraph as ox

from conformance import described, evaluation, protocol, reports
from conformance.live import quads_of, serving
from conformance.manifests import (
    FEDERATION_SUITES,
    FORMAT_SUITES,
    QUERY_SUITES,
    ROOT,
    SUITES,
    Case,
    read,
)
from conformance.outcome import Outcome

ORDER = (
    "protocol",
    "service-description",
    *FORMAT_SUITES,
    *QUERY_SUITES,
    *FEDERATION_SUITES,
)


def judge(server: str, case: Case) -> Outcome:
    """Return the outcome of a test, of whichever kind."""
    if case.kind == "ProtocolTest":
        return protocol.run(server, case)
    if case.kind == "ServiceDescriptionTest":
        return described.run(server, case)
    return evaluation.run(server, case)


def run(suites: tuple[str, ...], running: str | None = None) -> list[Outcome]:
    """Return the outcomes of the tests of suites, over a running server or one of their own."""
    cases = [case for suite in suites for case in read(suite)]
    with nullcontext(running) if running else serving(quads_of(cases)) as server:
        return [judge(server, case) for case in cases]


def main() -> int:
    """Run the suites named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--approve", action="store_true", help="write the counts into the page")
    parser.add_argument("--write", metavar="FILE", help="write the data of all suites, no more")
    parser.add_argument("--server", metavar="URL", help="judge this server")
    parser.add_argument("suites", nargs="*", metavar="SUITE")
    given = parser.parse_args()
    if not SUITES.is_dir():
        print(f"no {SUITES}: the suites are no part of the project", file=sys.stderr)
        return 2
    if given.write:
        cases = [case for suite in ORDER for case in read(suite)]
        ox.serialize(quads_of(cases), given.write, ox.RdfFormat.N_QUADS)
        return 0
    outcomes = run(tuple(given.suites) or ORDER, given.server)
    print(reports.table(outcomes))
    for outcome in outcomes:
        if outcome.result == "failed":
            print(f"\n{outcome.case.key}: {outcome.case.name}\n  {outcome.reason}")
    if given.suites or given.server:
        return 0
    report = ROOT / "build" / "earl.ttl"
    report.parent.mkdir(exist_ok=True)
    report.write_text(reports.earl(outcomes), encoding="utf-8")
    if given.approve:
        reports.state(outcomes)
    unexplained = reports.unexplained(outcomes)
    for outcome in unexplained:
        print(f"{outcome.case.key} is not explained in {reports.PAGE}", file=sys.stderr)
    differs = reports.stated() != reports.table(outcomes)
    if differs:
        print(f"the counts in {reports.PAGE} differ; --approve writes them anew", file=sys.stderr)
    return 1 if unexplained or differs else 0


if __name__ == "__main__":
    sys.exit(main())
