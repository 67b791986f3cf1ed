"""Releases: what is built from all files, and what the service answers from.

To be read in this order: ``folder`` (what a release is and how one takes the place of the
last), ``reading`` (the files it is made of), ``manifest`` (what it says of itself),
``building`` (all of it), ``checking`` (the same faults, for editors).

Nothing is imported here: whoever only opens a release with `folder.open_release` needs neither
rdflib nor pyshacl, which take a second to load and a good part of a server's memory.
"""
