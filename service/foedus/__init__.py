"""Foedus: an open knowledge graph of states, treaties, votes and claims.

The modules are meant to be read in this order, each importing only from those
before it: ``errors``, ``files``, ``iris``, ``values``, ``turtle``, ``documents``,
``validate``, ``rules``, ``saved``, ``engine``, ``results``, ``release``, ``web``, ``cli``.
"""

__version__ = "0.1.0"
