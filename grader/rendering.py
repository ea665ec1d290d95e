"""Shows what students wrote without running it: the filters with which form grader and feedback make their pages.

Form grader's pages have the rights of the instructor who looks at them: a script in an answer could set grades.
nbgrader leaves the HTML of Markdown cells and of outputs as it is. Here the tags of text, tables and pictures stay, all
others are shown as text.
"""

from __future__ import annotations

import re
from typing import Any

import bleach
from bleach.css_sanitizer import ALLOWED_CSS_PROPERTIES, CSSSanitizer
from jinja2 import pass_context
from markupsafe import Markup
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

TAGS = frozenset({
    "a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "del",
    "details", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i",
    "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strong", "sub",
    "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var",
})
STYLES = frozenset(ALLOWED_CSS_PROPERTIES) | {
    "border", "border-bottom", "border-collapse", "border-left", "border-radius", "border-right",
    "border-top", "display", "gap", "line-height", "list-style", "margin", "max-width", "min-width", "opacity",
    "overflow-wrap", "padding", "vertical-align", "white-space",
}
# No id and no free class: they could stand in the place of the page's own fields.
_EVERYWHERE = frozenset({"style", "title", "lang", "dir", "role", "colspan", "rowspan", "scope", "open", "aria-label",
                         "aria-hidden", "aria-level"})
# Classes of Pygments, pandas and nbconvert.
_CLASS = re.compile(r"highlight|hl-\w+|language-\w+|dataframe|math|ansi-[\w-]+|[a-z]{1,2}\d?")
_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]*\Z")
# MathJax makes links of \href, and \require brings back what was switched off.
_TEX = re.compile(r"\\(?=(href|require|style|class|cssId|unicode)\b)")


_LINKS = frozenset({"http", "https", "mailto"})
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):|//|\\", re.IGNORECASE)


def _allowed(tag: str, name: str, value: str) -> bool:
    if name in _EVERYWHERE:
        return True
    if name == "class":
        return all(_CLASS.fullmatch(token) for token in value.split())
    # Browsers take no notice of blanks and controls in front of an address and within its scheme.
    scheme = _SCHEME.match(re.sub(r"[\x00-\x20]", "", value))
    if tag == "img" and name == "src":
        # A picture from elsewhere would tell its owner when the instructor looks.
        return scheme is None or bool(_PICTURE.match(value))
    if tag == "img":
        return name in {"alt", "width", "height"}
    return tag == "a" and name == "href" and (scheme is None or (scheme[1] or "").lower() in _LINKS)


_CLEANER = bleach.Cleaner(TAGS, _allowed, protocols=_LINKS | {"data"}, strip_comments=True,
                          css_sanitizer=CSSSanitizer(allowed_css_properties=STYLES))


def clean(element: Any) -> Markup:
    """Return HTML of which nothing runs: in place of nbconvert's filter `clean_html`.

    Args:
        element: the HTML, text or bytes.
    """
    text = element.decode("utf-8", "replace") if isinstance(element, bytes) else str(element)
    return Markup(_CLEANER.clean(text))


@pass_context
def markdown(context: Any, source: str) -> Markup:
    """Return the HTML of Markdown, clean: in place of nbconvert's filter `markdown2html`.

    Args:
        context: jinja's, with the cell and its attachments.
        source: the Markdown.
    """
    cell = context.get("cell", {})
    renderer = IPythonRenderer(escape=False, attachments=cell.get("attachments", {}))
    return clean(_TEX.sub(r"\\ ", MarkdownWithMath(renderer=renderer).render(source)))
