"""The grammar of expressions, by recursive descent.

Operators, from the weakest: `if`; `or`; `and`; `not`, `exists`; comparison and `=~`; `+ -`; `* / %`; `^`; `|>`;
unary `- +`; member, index, call. Source: https://docs.influxdata.com/flux/v0/spec/expressions/.
"""

from __future__ import annotations

from labkit.embedded.influx.flux import ast
from labkit.embedded.influx.flux.errors import CompileError
from labkit.embedded.influx.flux.reader import TokenReader
from labkit.embedded.influx.flux.scanner import Token
from labkit.embedded.influx.flux.values import Duration

LONGEST = 250
"""How many operators or pipes may follow each other in one expression."""

_BINARY = {
    "==": 1, "!=": 1, "<": 1, "<=": 1, ">": 1, ">=": 1, "=~": 1, "!~": 1,
    "+": 2, "-": 2, "*": 3, "/": 3, "%": 3, "^": 4,
}
_LARGEST = 2**63 - 1


class ExpressionParser(TokenReader):
    """Reads expressions."""

    def block(self) -> ast.Block:
        """The body of a function in braces; statements are read by the class that knows them."""
        raise NotImplementedError

    def expression(self) -> ast.Expression:
        """An expression."""
        self.deeper()
        found = self.conditional() if self.is_keyword("if") else self.logical("or")
        self.depth -= 1
        return found

    def conditional(self) -> ast.Expression:
        """`if … then … else …`."""
        start = self.token.start
        self.at += 1
        test = self.expression()
        self.expect_keyword("then")
        yes = self.expression()
        self.expect_keyword("else")
        no = self.expression()
        return ast.Conditional(self.span(start), test, yes, no)

    def logical(self, word: str) -> ast.Expression:
        """A chain of `or`, or of `and`."""
        start = self.token.start
        operands = [self.logical("and") if word == "or" else self.logical_unary()]
        while self.is_keyword(word):
            self.at += 1
            operands.append(self.logical("and") if word == "or" else self.logical_unary())
        return operands[0] if len(operands) == 1 else ast.Logical(self.span(start), word, operands)

    def logical_unary(self) -> ast.Expression:
        """`not` and `exists`, or what binds more strongly."""
        if not (self.is_keyword("not") or self.is_keyword("exists")):
            return self.binary(1)
        token = self.token
        self.deeper()
        self.at += 1
        operand = self.logical_unary()
        self.depth -= 1
        return ast.Unary(self.span(token.start), token.text, operand)

    def binary(self, weakest: int) -> ast.Expression:
        """Operators that bind at least as strongly as `weakest`; all go from left to right."""
        start = self.token.start
        left = self.pipe()
        count = 0
        while True:
            token = self.token
            strength = _BINARY.get(token.text, 0) if token.kind == "operator" else 0
            if strength < weakest or not strength:
                return left
            count += 1
            if count > LONGEST:
                raise self.fail(f"more than {LONGEST} operators follow each other")
            self.at += 1
            right = self.binary(strength + 1)
            left = ast.Binary(self.span(start), token.text, left, right)

    def pipe(self) -> ast.Expression:
        """A chain of `|>`."""
        start = self.token.start
        left = self.unary()
        count = 0
        while self.accept("|>"):
            count += 1
            if count > LONGEST:
                raise self.fail(f"more than {LONGEST} pipes follow each other")
            target = self.unary()
            if not isinstance(target, ast.Call):
                raise CompileError("pipe destination must be a function call", target.span)
            left = ast.Pipe(self.span(start), left, target)
        return left

    def unary(self) -> ast.Expression:
        """A sign, or what binds more strongly."""
        token = self.token
        if token.kind != "operator" or token.text not in "+-":
            return self.postfix()
        self.at += 1
        following = self.token
        if token.text == "-" and following.kind in ("int", "float", "duration"):
            self.at += 1
            value = following.value
            if isinstance(value, Duration):
                value = Duration(value.months, value.nanoseconds, bool(value.months or value.nanoseconds))
            else:
                value = -value
            return self.suffixes(ast.Literal(self.span(token.start), value), token.start)
        self.deeper()
        operand = self.unary()
        self.depth -= 1
        return ast.Unary(self.span(token.start), token.text, operand)

    def postfix(self) -> ast.Expression:
        """A primary expression with its members, indices and calls."""
        start = self.token.start
        return self.suffixes(self.primary(), start)

    def suffixes(self, found: ast.Expression, start: int) -> ast.Expression:
        """Members, indices and calls behind an expression."""
        count = 0
        while self.token.kind == "operator" and self.token.text in "([.":
            count += 1
            if count > LONGEST:
                raise self.fail(f"more than {LONGEST} calls and members follow each other")
            if self.accept("."):
                if self.token.kind == "keyword":
                    raise self.fail(f"{self.token.text} is a keyword; write it in brackets: [\"{self.token.text}\"]")
                name = self.name("the name of a member")
                found = ast.Member(self.span(start), found, name)
            elif self.accept("["):
                index = self.expression()
                self.expect("]")
                if isinstance(index, ast.Literal) and type(index.value) is str:
                    found = ast.Member(self.span(start), found, index.value)
                else:
                    found = ast.Index(self.span(start), found, index)
            else:
                self.at += 1
                arguments = self.properties(")")
                found = ast.Call(self.span(start), found, arguments)
        return found

    def primary(self) -> ast.Expression:
        """A literal, a name, or something in brackets."""
        token = self.token
        if token.kind == "identifier":
            self.at += 1
            return ast.Identifier(self.span(token.start), token.text)
        if token.kind in ("int", "float", "time", "duration", "regex"):
            self.at += 1
            if token.kind == "int" and token.value > _LARGEST:
                raise self.fail(f"invalid integer literal {token.text}: value out of range", token)
            return ast.Literal(self.span(token.start), token.value)
        if token.kind == "string":
            self.at += 1
            return self.string(token)
        if self.is_operator("("):
            return self.parenthesis()
        if self.is_operator("["):
            return self.array()
        if self.is_operator("{"):
            return self.record()
        raise self.fail(f"invalid expression: unexpected {self.found()}")

    def string(self, token: Token) -> ast.Expression:
        """A string, with its interpolations."""
        if len(token.value) == 1:
            return ast.Literal(self.span(token.start), token.value[0])
        parts: list[str | ast.Expression] = []
        for part in token.value:
            if isinstance(part, str):
                if part:
                    parts.append(part)
                continue
            inner = type(self)(self.source, part, self.depth)
            parts.append(inner.expression())
            if inner.token.kind != "end":
                raise inner.fail(f"expected }} of the interpolation, got {inner.found()}")
        return ast.Interpolation(self.span(token.start), parts)

    def parenthesis(self) -> ast.Expression:
        """An expression in brackets, or a function."""
        closing = self.closing(self.at)
        if closing < 0:
            raise self.fail("expected ) that closes this bracket, got none")
        following = self.tokens[closing + 1]
        if following.kind == "operator" and following.text == "=>":
            return self.function()
        self.at += 1
        found = self.expression()
        self.expect(")")
        return found

    def function(self) -> ast.Expression:
        """A function."""
        start = self.token.start
        self.at += 1
        parameters: list[ast.Parameter] = []
        while not self.accept(")"):
            first = self.token.start
            name = self.name("the name of a parameter")
            default, pipe = None, False
            if self.accept("="):
                if self.accept("<-"):
                    pipe = True
                else:
                    default = self.expression()
            parameters.append(ast.Parameter(self.span(first), name, default, pipe))
            if not self.is_operator(")"):
                self.expect(",", " or )")
        self.expect("=>")
        self.deeper()
        body = self.block() if self.is_operator("{") else self.expression()
        self.depth -= 1
        return ast.Function(self.span(start), parameters, body)

    def array(self) -> ast.Expression:
        """An array or a dictionary."""
        start = self.token.start
        self.at += 1
        if self.accept(":"):
            self.expect("]")
            return ast.Dictionary(self.span(start), [])
        items: list[ast.Expression] = []
        pairs: list[tuple[ast.Expression, ast.Expression]] = []
        while not self.accept("]"):
            item = self.expression()
            if not items and self.accept(":"):
                pairs.append((item, self.expression()))
            elif pairs:
                raise self.fail(f"expected : and a value, got {self.found()}")
            else:
                items.append(item)
            if not self.is_operator("]"):
                self.expect(",", " or ]")
        if pairs:
            return ast.Dictionary(self.span(start), pairs)
        return ast.Array(self.span(start), items)

    def record(self) -> ast.Expression:
        """A record."""
        start = self.token.start
        self.at += 1
        base = None
        following = self.tokens[self.at + 1] if self.token.kind == "identifier" else self.token
        if following.kind == "identifier" and following.text == "with" and self.token.kind == "identifier":
            base = ast.Identifier(self.source.span(self.token.start, self.token.end), self.token.text)
            self.at += 2
        properties = self.properties("}")
        return ast.RecordLiteral(self.span(start), base, properties)

    def properties(self, closing: str) -> list[ast.Property]:
        """Names with values up to a closing bracket."""
        found: list[ast.Property] = []
        while not self.accept(closing):
            token = self.token
            quoted = token.kind == "string"
            name = self.text("a name") if quoted else self.name(f"a name or {closing}")
            if self.accept(":"):
                value, short = self.expression(), False
            elif quoted:
                raise self.fail(f"expected : and a value, got {self.found()}")
            else:
                value, short = ast.Identifier(self.span(token.start), name), True
            found.append(ast.Property(self.span(token.start), name, value, short))
            if not self.is_operator(closing):
                self.expect(",", f" or {closing}")
        return found
