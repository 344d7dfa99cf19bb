from pathlib import Path

import pytest

from tools import feature
from tools.feature import Unusable, explained, filled, mounted, plural_of

APP = '''"""A shop."""

from pathlib import Path

from services.billing.checkout.feature import FEATURE as CHECKOUT
from services.billing.order.feature import FEATURE as ORDER
from shared.feature import Feature

MOUNTED = (
    CHECKOUT,
    ORDER,
    Feature(name="staff"),
)
'''
GLOSSARY = """# Glossary

## Features

| feature | service | decides |
|---|---|---|
| order | billing | what was bought |
"""


def test_app_py_gets_its_import_and_its_line() -> None:
    changed = mounted(APP, "billing", "gift")
    added = [line for line in changed.splitlines() if line not in APP.splitlines()]
    assert added == ["from services.billing.gift.feature import FEATURE as GIFT", "    GIFT,"]
    lines = changed.splitlines()
    assert lines.index(added[0]) == lines.index(APP.splitlines()[4]) + 1
    assert lines.index(added[1]) == lines.index("    ORDER,") + 1


def test_a_feature_that_comes_first_stands_first() -> None:
    lines = mounted(APP, "billing", "bond").splitlines()
    assert lines[4] == "from services.billing.bond.feature import FEATURE as BOND"


def test_the_glossary_gets_a_row() -> None:
    changed = explained(GLOSSARY, "billing", "gift")
    assert changed.startswith(GLOSSARY)
    assert changed.removeprefix(GLOSSARY).startswith("| gift | billing | ")


def test_a_glossary_without_features_is_not_written_to() -> None:
    with pytest.raises(Unusable):
        explained("# Glossary\n", "billing", "gift")


def test_a_blank_is_filled_in_every_spelling() -> None:
    text = "services.shop.widget WIDGETS Widgets widgets_v1 WIDGET Widget widget_id"
    assert filled(text, "events", "guest_list") == (
        "services.events.guest_list GUEST_LISTS GuestLists guest_lists_v1 "
        "GUEST_LIST GuestList guest_list_id"
    )


@pytest.mark.parametrize(
    ("noun", "plural"),
    [("gift", "gifts"), ("penalty", "penalties"), ("pass", "passes"), ("day", "days")],
)
def test_a_noun_has_a_plural(noun: str, plural: str) -> None:
    assert plural_of(noun) == plural


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("shop", "gift"),
        ("billing", "Gift"),
        ("billing", "gift-card"),
        ("billing", "events"),
        ("billing", "class"),
        ("billing", ""),
        ("billing", "order"),
        ("billing", "gateways"),
    ],
)
def test_what_cannot_be_a_feature_is_refused_and_nothing_is_written(
    service: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feature, "ROOT", tmp_path)
    (tmp_path / "services" / "billing" / "order").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(Unusable):
        feature.lay_down(service, name)
    assert sorted(tmp_path.rglob("*")) == before
