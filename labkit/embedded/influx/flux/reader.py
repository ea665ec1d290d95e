"""Reading tokens one by one: what the grammar of expressions and that of statements are written on."""

from __future__ import annotations

from labkit.embedded.influx.flux.errors import CompileError, Span
from labkit.embedded.influx.flux.scanner import Source, Token

DEEPEST = 60
"""How deeply brackets, functions and conditions may be nested."""
_OPENING = {"(": ")", "[": "]", "{": "}"}


class TokenReader:
    """Looks at tokens and steps over them.

    Args:
        source: the query, for places.
        tokens: the tokens, with one of kind "end" behind them.
        depth: how deeply what is read is nested already.
    """

    def __init__(self, source: Source, tokens: list[Token], depth: int) -> None:
        self.source = source
        self.tokens = tokens
        self.at = 0
        self.depth = depth
        self._closing: dict[int, int] | None = None

    # -- tokens

    @property
    def token(self) -> Token:
        """The token that comes next."""
        return self.tokens[self.at]

    def span(self, start: int) -> Span:
        """From a character to the end of the token before the next."""
        return self.source.span(start, self.tokens[self.at - 1].end if self.at else start)

    def fail(self, message: str, token: Token | None = None) -> CompileError:
        """An error about a token, the next one by default."""
        token = token or self.token
        return CompileError(message, self.source.span(token.start, token.end))

    def is_operator(self, text: str) -> bool:
        """Whether the next token is this operator."""
        token = self.tokens[self.at]
        return token.kind == "operator" and token.text == text

    def is_keyword(self, text: str) -> bool:
        """Whether the next token is this keyword."""
        token = self.tokens[self.at]
        return token.kind == "keyword" and token.text == text

    def accept(self, text: str) -> bool:
        """Step over an operator, if it is next."""
        if self.is_operator(text):
            self.at += 1
            return True
        return False

    def expect(self, text: str, what: str = "") -> None:
        """Step over an operator that must be next."""
        if not self.accept(text):
            raise self.fail(f"expected {text}{what}, got {self.found()}")

    def expect_keyword(self, text: str) -> None:
        """Step over a keyword that must be next."""
        if not self.is_keyword(text):
            raise self.fail(f"expected {text}, got {self.found()}")
        self.at += 1

    def found(self) -> str:
        """The next token, for messages."""
        token = self.token
        return "the end of the query" if token.kind == "end" else token.text[:60]

    def name(self, what: str) -> str:
        """Step over an identifier that must be next."""
        token = self.token
        if token.kind != "identifier":
            raise self.fail(f"expected {what}, got {self.found()}")
        self.at += 1
        return token.text

    def text(self, what: str) -> str:
        """Step over a plain string that must be next."""
        token = self.token
        if token.kind != "string" or len(token.value) != 1:
            raise self.fail(f"expected {what}, got {self.found()}")
        self.at += 1
        return str(token.value[0])

    def deeper(self) -> None:
        """Count one level of nesting."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.fail(f"the query is nested too deeply (more than {DEEPEST} levels)")

    def closing(self, opening: int) -> int:
        """The index of the token that closes a bracket; -1 if none does. All are found in one pass."""
        if self._closing is None:
            self._closing, stack = {}, []
            for index, token in enumerate(self.tokens):
                if token.kind != "operator":
                    continue
                if token.text in _OPENING:
                    stack.append((index, _OPENING[token.text]))
                elif stack and token.text == stack[-1][1]:
                    self._closing[stack.pop()[0]] = index
        return self._closing.get(opening, -1)
