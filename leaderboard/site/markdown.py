"""What is written in Markdown, as HTML."""

from markdown_it import MarkdownIt

MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
"""Reads Markdown; HTML in it is shown as it is written."""
MARKDOWN.add_render_rule("heading_open", lambda _self, tokens, at, *_: f"<{_below(tokens[at].tag)}>")
MARKDOWN.add_render_rule("heading_close", lambda _self, tokens, at, *_: f"</{_below(tokens[at].tag)}>\n")


def _below(tag: str) -> str:
    """Return the heading one level lower: the page has its own above all of them."""
    return f"h{min(int(tag[1]) + 1, 6)}"
