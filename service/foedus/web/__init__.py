"""HTTP at the edge: the SPARQL protocol, saved queries, linked data and pages for people.

``app`` puts a service together; a blueprint each answers for ``sparql``, ``queries``, ``things``
and ``pages``. ``problems`` turns errors into responses, ``replies`` negotiates and tags them,
``lookup`` asks what pages show (its queries stand in ``rq/``), ``links`` turns IRIs into links,
``claims`` and ``portraits`` gather what a page says.
"""
