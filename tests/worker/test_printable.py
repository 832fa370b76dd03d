from hypothesis import given
from hypothesis import strategies as st

from worker.printable import printable
from worker.wording import code, plain

ANY = st.text(st.characters(exclude_categories=()), max_size=40)  # lone surrogates, too


@given(ANY)
def test_every_database_and_terminal_takes_it(text: str) -> None:
    for made in (printable(text), plain(text), code(text)):
        made.encode()
        assert not {"\x00", "\x1b", "\x9b", "\x08"} & set(made)


def test_ordinary_text_stays() -> None:
    text = "Größe 7\u00d73,\tβ₁ = 0.9\r\n学習率 🙂"
    assert printable(text) == text
