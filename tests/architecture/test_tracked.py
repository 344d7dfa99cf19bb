"""Nothing that is tracked knows a machine, a mirror or a secret."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from tests.architecture.source import named, tracked_files
from tools import house

MACHINE_PATHS = re.compile(
    r"(?<![\w.])/(?:root|home|Users|work|workspace|mnt|opt/hostedtoolcache)/[\w.-]+"
)
URLS = re.compile(r"https?://[^\s\"'<>)\]`]+")
MIRRORS = re.compile(
    r"^\s*(?:--(?:extra-)?index-url|--find-links|-[if]\s)|\bindex-url\s*=", re.MULTILINE
)
BUILD_FILES = re.compile(
    r"requirements.*|pyproject\.toml|Makefile|Dockerfile|.*\.pom\.xml|pom\.xml|.*\.ya?ml|\.ci/.*"
)
PUBLIC_HOSTS = {
    "127.0.0.1",
    "localhost",
    "github.com",
    "maven.apache.org",
    "pypi.org",
    "repo.maven.apache.org",
    "repo1.maven.org",
    "www.w3.org",
    "json-schema.org",
    "spec.openapis.org",
}
COMPOSED = re.compile(r"^  ([a-z][a-z-]+):$", re.MULTILINE)  # its services call each other by name
SECRETS = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*\n[A-Za-z0-9+/=]{16}"),
    "a private JWK": re.compile(r"\"d\"\s*:\s*\"[A-Za-z0-9_-]{40,}\""),
    "a live key of Stripe": re.compile(r"\b[sr]k_live_[A-Za-z0-9]{10,}"),
    "a webhook secret of Stripe": re.compile(r"\bwhsec_[A-Za-z0-9+/]{24,}"),
    "a key of AWS": re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    "a token of GitHub": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}"),
    "a token of Slack": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "a token of a person": re.compile(r"\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\."),
}
THIS = Path(__file__)


def texts() -> dict[str, str]:
    found = {}
    for path in tracked_files():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        if path != THIS:
            found[named(path)] = text
    return found


def test_no_file_knows_a_path_of_somebodys_machine() -> None:
    found = {
        name: sorted(set(MACHINE_PATHS.findall(text)))
        for name, text in texts().items()
        if MACHINE_PATHS.search(text)
    }
    assert found == {}


def test_what_builds_us_comes_from_public_registries() -> None:
    neighbours = set(COMPOSED.findall((house.ROOT / "docker-compose.yml").read_text()))
    strangers = {
        (name, urlsplit(url).hostname)
        for name, text in texts().items()
        if BUILD_FILES.fullmatch(name) or BUILD_FILES.fullmatch(name.rpartition("/")[2])
        for url in URLS.findall(text)
        if urlsplit(url).hostname not in PUBLIC_HOSTS | neighbours
    }
    assert {
        stranger for stranger in strangers if not stranger[0].startswith(("docs/", "deploy/k8s/"))
    } == set()


def test_no_requirements_name_an_index() -> None:
    named_in = [
        name
        for name, text in texts().items()
        if BUILD_FILES.fullmatch(name.rpartition("/")[2]) and MIRRORS.search(text)
    ]
    assert named_in == []


def test_no_file_holds_a_secret() -> None:
    found = {
        name: kind
        for name, text in texts().items()
        for kind, pattern in SECRETS.items()
        if pattern.search(text)
    }
    assert found == {}
