import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.slash import MOST_COMMANDS, read_commands
from worker.messages import Command


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("/faultline run", [Command("run")]),
        ("Please look.\r\n\r\n/faultline run\r\nThanks", [Command("run")]),
        ("/faultline explain FL101", [Command("explain", "FL101")]),
        ("/faultline ignore\tmissing-zero-grad because we want it", [
            Command("ignore", "missing-zero-grad")]),
        ("/FAULTLINE run", []),
        ("/faultline RUN", [Command("run")]),
        ("/faultline", [Command("help")]),
        ("/faultline   ", [Command("help")]),
        ("/faultline run\n/faultline run", [Command("run")]),
        ("/faultline run\n/faultline help", [Command("run"), Command("help")]),
        ("/faultlinerun", []),
        ("/faultline-run", []),
        ("say /faultline run", []),
        (" /faultline run", []),
        ("    /faultline run", []),
        ("> /faultline run", []),
        (">/faultline run\n\nNo!", []),
        ("- /faultline run", []),
        ("`/faultline run`", []),
        ("```\n/faultline run\n```", []),
        ("```\n/faultline run", []),
        ("~~~sh\n/faultline run\n~~~\n/faultline fix", [Command("fix")]),
        ("````\n```\n/faultline run\n````\n", []),
        ("```\n~~~\n/faultline run\n```", []),
        ("``` `x`\n/faultline run", [Command("run")]),  # code within a line, no fence
        ("<!-- write\n/faultline run\n-->", []),
        ("<!-- hint -->\n/faultline run", [Command("run")]),
    ],
)  # fmt: skip
def test_commands(body: str, expected: list[Command]) -> None:
    assert list(read_commands(body)) == expected


LINES = st.sampled_from(["/faultline run", "```", "~~~~", "> x", "<!--", "-->", "", "text", "`a`"])


@given(st.lists(LINES | st.text(max_size=20)).map("\n".join))
def test_any_text_is_read(body: str) -> None:
    found = read_commands(body)
    assert len(found) <= MOST_COMMANDS
    assert all(command.name == command.name.lower() for command in found)


@given(st.lists(LINES, min_size=1))
def test_quoting_a_comment_quotes_its_commands(lines: list[str]) -> None:
    assert read_commands("\n".join(f"> {line}" for line in lines)) == ()
    assert read_commands("\n".join(["~~~~~", *lines, "~~~~~"])) == ()


def test_words_are_bounded() -> None:
    (command,) = read_commands(f"/faultline {'x' * 9999} {'y' * 9999}")
    assert len(command.name) == len(command.argument) == 100
