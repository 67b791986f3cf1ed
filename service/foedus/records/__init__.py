"""Voting records as they are published, read into roll calls, votes and triples.

In reading order: `faults` (what is wrong with a file, by line), `dates`, `symbols` (United
Nations document symbols), `crosswalk` (names and codes of states), `rollcalls` (the records and
their model), `tables` (CSV files, plain or gzip, by line), one reader for each form (`undl`,
`voeten`, `undlrecords`, `vetoes`, `faileddrafts`), `forms` (which reader a file is for), `quads`
(roll calls to N-Quads) and `importing` (a release with the records added).
"""
