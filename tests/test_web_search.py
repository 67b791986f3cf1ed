"""Search: what comes first, what is folded, and what is suggested."""

import re

import pytest
from flask.testing import FlaskClient

from foedus.web import words


def headings(client: FlaskClient, text: str) -> list[str]:
    """Return the headings of a search's page, without their counts."""
    with client.get("/search", query_string={"q": text}, headers={"Accept": "text/html"}) as got:
        assert got.status_code == 200
        return re.findall(r"<h2>(.*?) <span", got.get_data(as_text=True))


def body(client: FlaskClient, text: str) -> str:
    with client.get("/search", query_string={"q": text}, headers={"Accept": "text/html"}) as got:
        return got.get_data(as_text=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ruritania", ["Called “Ruritania”", "Propositions", "Other things"]),
        ("strelsau", ["Called “strelsau”"]),
        ("vote", ["Questions", "Votes", "Graphs"]),
        ("claims", ["Questions", "Terms", "Graphs"]),
        ("kingdom", ["Claims", "Documents"]),
    ],
)
def test_kinds_come_in_order(client: FlaskClient, text: str, expected: list[str]) -> None:
    assert headings(client, text) == expected


def test_most_words_will_do_and_the_page_says_so(client: FlaskClient) -> None:
    assert "The two kingdoms are allies." in body(client, "two kingdoms of dragons")
    assert "Nothing holds every word" in body(client, "two kingdoms of dragons")
    assert "Nothing holds every word" not in body(client, "two kingdoms")
    assert "0 found" in body(client, "kingdoms dragons giants")


def test_two_that_bear_a_name_come_together_the_state_first(client: FlaskClient) -> None:
    page = body(client, "THE capital")
    assert headings(client, "THE capital") == ["Called “THE capital”"]
    assert page.index("/id/state/RUR") < page.index("/id/place/edelweiss")


@pytest.mark.parametrize("text", ["kingdom", "kingdoms", "the kingdoms", "KINGDOM'S", "king"])
def test_plural_and_start_find_the_word(client: FlaskClient, text: str) -> None:
    assert "The two kingdoms are allies." in body(client, text)


@pytest.mark.parametrize("text", ["ingdoms", "llies", "xyz"])
def test_the_middle_of_a_word_finds_nothing(client: FlaskClient, text: str) -> None:
    assert "The two kingdoms are allies." not in body(client, text)


@pytest.mark.parametrize(
    ("text", "meant"), [("Ruritanja", ">Ruritania</a>"), ("zz some travelers zz", "travellers")]
)
def test_near_names_are_suggested(client: FlaskClient, text: str, meant: str) -> None:
    page = body(client, text)
    assert "Did you mean" in page or "0 found" not in page
    assert meant in page


def test_nothing_near_is_not_suggested(client: FlaskClient) -> None:
    assert "Did you mean" not in body(client, "qqqqq")


def test_claims_are_shown_with_what_the_record_says(client: FlaskClient) -> None:
    page = body(client, "two kingdoms")
    assert '<span class="badge contradicted">The record contradicts this</span>' in page


def test_questions_lead(client: FlaskClient) -> None:
    page = body(client, "states")
    assert page.index("Which states are there?") < page.index("/ns#State")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("treaty", "treaties"),
        ("sanction", "sanctions"),
        ("vote", "voted"),
        ("recognise", "recognising"),
    ],
)
def test_forms_of_a_word_fold_alike(one: str, other: str) -> None:
    assert words.fold(one) == words.fold(other)


@pytest.mark.parametrize(("one", "other"), [("state", "static"), ("status", "state"), ("us", "u")])
def test_other_words_do_not(one: str, other: str) -> None:
    assert words.fold(one) != words.fold(other)
