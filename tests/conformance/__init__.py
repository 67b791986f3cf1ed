"""Run the W3C's SPARQL 1.1 tests against a live server: ``make conformance``.

``manifests`` reads the tests, ``live`` starts a server with all their data, ``protocol``,
``evaluation`` and ``described`` run one kind of test each, ``compared`` tells whether answers are
equal, ``reports`` writes the EARL report and the table in ``docs/conformance.md``.
"""
