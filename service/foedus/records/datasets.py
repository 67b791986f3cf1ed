"""The data sets that votes are read from: what they are, whose, and what may be done with them.

Used by the readers.
"""

from foedus.records.rollcalls import DataSet

_UNDL_TERMS = "https://digitallibrary.un.org/pages/?ln=en&page=tos"
_UNDL_RIGHTS = (
    "Copyright of the United Nations; the Dag Hammarskjöld Library allows use without profit "
    "and with attribution. Decide before publishing: single votes are facts of the public "
    "record, the compilation is not freely licensed."
)
_CRAWL = "https://github.com/lefthand67/un_votes"

UNDL_GA = DataSet(
    name="undl-ga",
    title="General Assembly voting data of the UN Digital Library",
    body="GA",
    source="https://digitallibrary.un.org/record/4060887",
    license=_UNDL_TERMS,
    rights=_UNDL_RIGHTS,
    failed_texts=False,
)
UNDL_SC = DataSet(
    name="undl-sc",
    title="Security Council voting data of the UN Digital Library",
    body="SC",
    source="https://digitallibrary.un.org/record/4055387",
    license=_UNDL_TERMS,
    rights=_UNDL_RIGHTS,
    failed_texts=False,
)
UNDL_RECORDS_GA = DataSet(
    name="undl-records-ga",
    title="General Assembly votes read from the records of the UN Digital Library",
    body="GA",
    source=_CRAWL,
    license=_UNDL_TERMS,
    rights=_UNDL_RIGHTS,
    failed_texts=False,
)
UNDL_RECORDS_SC = DataSet(
    name="undl-records-sc",
    title="Security Council votes read from the records of the UN Digital Library",
    body="SC",
    source=_CRAWL,
    license=_UNDL_TERMS,
    rights=_UNDL_RIGHTS,
    failed_texts=False,
)
VOETEN = DataSet(
    name="voeten",
    title="General Assembly roll calls compiled by Erik Voeten",
    body="GA",
    source="https://dataverse.harvard.edu/dataset.xhtml?persistentId=hdl:1902.1/12379",
    license="https://creativecommons.org/publicdomain/zero/1.0/",
    rights="CC0 1.0; cite Erik Voeten, Data and Analyses of Voting in the UN General Assembly.",
    failed_texts=True,
)
VETOES = DataSet(
    name="unsc-vetoes",
    title="Vetoes in the Security Council compiled by Carlos L. Yordán",
    body="SC",
    source="https://github.com/world-politics-datalab/vetoes-un-security-council",
    license="https://opensource.org/license/mit",
    rights="MIT licence; cite the World Politics Data Lab.",
    failed_texts=True,
    adopted_texts=False,
    limits="Not checked against the list of the United Nations. It has no veto of the seat of "
    "China before 1971, while the Republic of China held it: that none stands here does not say "
    "that none was cast.",
)
FAILED_DRAFTS = DataSet(
    name="unsc-failed-drafts",
    title="Failed drafts of the Security Council with each member's vote",
    body="SC",
    source="",
    license="https://creativecommons.org/licenses/by/4.0/",
    rights="Facts compiled from the addresses that each roll call names.",
    failed_texts=True,
    adopted_texts=False,
    complete=False,
)
