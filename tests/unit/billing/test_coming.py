from services.billing.coming import Via, kept_of, standing_of_via


def test_what_was_agreed_to_is_kept_as_it_came() -> None:
    via = Via(visit="Zm9v-_8", agreed=True)
    assert (standing_of_via(via), kept_of(via)) == ("kept", "Zm9v-_8")


def test_what_nobody_agreed_to_is_not_kept() -> None:
    via = Via(visit="Zm9v-_8")
    assert (standing_of_via(via), kept_of(via)) == ("not_agreed", None)


def test_what_can_be_no_visit_is_not_kept() -> None:
    for visit in ("", "spring sale", "https://evil.example/", "a" * 201, "é"):
        via = Via(visit=visit, agreed=True)
        assert (standing_of_via(via), kept_of(via)) == ("not_a_visit", None)


def test_who_hands_in_nothing_is_told_nothing() -> None:
    assert (standing_of_via(None), kept_of(None)) == (None, None)
