import pytest

from app.admission import Admission, is_admitted
from app.events import read_event
from app.settings import Settings
from tests.support.deliveries import pull_request_payload
from worker.messages import InstallationMessage

MESSAGE = read_event("pull_request", pull_request_payload(repository="Octo-Org/Nets"))


@pytest.mark.parametrize(
    ("repositories", "installations", "expected"),
    [
        ("", "", True),
        ("octo-org/nets", "", True),
        ("octo-org/*", "", True),
        ("another/*, octo-org/nets", "", True),
        ("octo-org/net", "", False),
        ("*/other", "", False),
        ("", "5", True),
        ("", "OCTO-ORG", True),
        ("", "6,another", False),
        ("octo-org/*", "6", False),
        ("another/*", "5", False),
    ],
)
def test_lists(repositories: str, installations: str, expected: bool) -> None:
    assert is_admitted(MESSAGE, Admission.of(repositories, installations)) is expected


def test_the_end_of_an_installation_is_always_heard() -> None:
    gone = InstallationMessage(9, "x", "all", "deleted", (), ())
    assert is_admitted(gone, Admission.of("a/b", "1"))


def test_settings_hold_the_lists() -> None:
    settings = Settings(faultline_allow_repositories=" A/b ,", faultline_allow_installations="7")
    assert settings.admission == Admission(("a/b",), ("7",))
