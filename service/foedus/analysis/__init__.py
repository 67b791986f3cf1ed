"""Statistics over the voting records: what is derived once, and how far records reach.

In reading order: `rolls` (the votes of one record as sets of bits), `measures` (agreement of two
states, cohesion of many), `positions` (ideal points by session), `cube` (numbers as
observations of an RDF Data Cube), `deriving` (from records to observations) and `coverage` (a
warning where a question reaches beyond a record).
"""
