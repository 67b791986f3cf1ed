"""Foedus: an open knowledge graph of states, treaties, votes and claims.

The modules are meant to be read in the order that ``tests/test_layers.py`` keeps, each
importing only from those before it: the foundations (``errors``, ``files``, ``iris``, ``values``,
``turtle``, ``glossary``), texts (``documents``), checking (``locations``, ``findings``,
``validate``), concluding (``rules``), saved queries (``tokens``, ``syntax``, ``parameters``,
``saved``, ``verdicts``), building (``release``, ``records``), asking (``results``, ``engine``,
``web``) and the command line (``cli``).
"""

__version__ = "0.1.0"

BASE = "https://w3id.org/foedus/"
"""What every IRI of the project starts with; a relative IRI in a query is resolved against it."""
