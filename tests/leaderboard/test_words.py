"""What the pages make of texts that others wrote."""

from leaderboard.site import words
from leaderboard.site.pages.challenge import readme_parts


def test_readme_keeps_its_pictures_and_loses_links_that_lead_nowhere(tmp_path):
    (tmp_path / "figure.png").write_bytes(b"")
    (tmp_path / "README.md").write_text(
        "# Title\nOne [here](data.py) and [there](https://example.org).\n![A figure](figure.png)\n"
        "Two ![gone](../secret.png) ![far](https://example.org/x.png) <img src='figure.png'> end\n"
        "## For organisers\n\nCommands\n"
    )
    first, picture, *rest = readme_parts(tmp_path)
    assert first.strip() == "One here and [there](https://example.org)."
    assert picture == (tmp_path / "figure.png", "A figure")
    assert "".join(rest).split() == ["Two", "end"]


def test_plain_text_cannot_become_markdown():
    shown = words.plain(":smile: www.example.org a@b.org\n# $x$ `y`")
    assert "\n" not in shown
    for active in (":smile:", "www.", "@b", "$x$", "`y`"):
        assert active not in shown
