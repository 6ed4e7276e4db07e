"""The digits of the playground of anchors are those that its generator writes."""

from course_utils import digits
import playground_digits
import pytest


@pytest.mark.skipif(
    not (digits.data_dir() / "mnist.npz").exists(), reason="the digits are MNIST's: it is not here"
)
def test_the_page_holds_the_digits_of_its_generator(tmp_path):
    page = tmp_path / "a page.html"
    committed = playground_digits.PAGE.read_text(encoding="utf-8")
    text = playground_digits.as_text(digits.load_digits())
    page.write_text(committed.replace(text, "12345"), encoding="utf-8")
    assert page.read_text(encoding="utf-8") != committed
    playground_digits.write(page, text)
    assert page.read_text(encoding="utf-8") == committed


def test_the_bundled_digits_are_no_substitute(monkeypatch):
    bundled = digits.Digits(*[None] * 4, source="sklearn")
    monkeypatch.setattr(digits, "load_digits", lambda: bundled)
    with pytest.raises(SystemExit, match="no MNIST in"):
        playground_digits.main()
