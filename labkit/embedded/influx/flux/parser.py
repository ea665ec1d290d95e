"""The grammar of Flux: tokens to a syntax tree, by recursive descent.

Operators, from the weakest: `if`; `or`; `and`; `not`, `exists`; comparison and `=~`; `+ -`; `* / %`; `^`; `|>`;
unary `- +`; member, index, call. Source: https://docs.influxdata.com/flux/v0/spec/expressions/.
"""

from __future__ import annotations

from labkit.embedded.influx.flux import ast
from labkit.embedded.influx.flux.errors import CompileError, Span
from labkit.embedded.influx.flux.scanner import Source, Token, scan
from labkit.embedded.influx.flux.values import Duration

DEEPEST = 60
"""How deeply brackets, functions and conditions may be nested."""
LONGEST = 250
"""How many operators or pipes may follow each other in one expression."""

_BINARY = {
    "==": 1, "!=": 1, "<": 1, "<=": 1, ">": 1, ">=": 1, "=~": 1, "!~": 1,
    "+": 2, "-": 2, "*": 3, "/": 3, "%": 3, "^": 4,
}
_OPENING = {"(": ")", "[": "]", "{": "}"}
_LARGEST = 2**63 - 1


def parse(text: str) -> ast.File:
    """The syntax tree of a query.

    Raises:
        CompileError: it is not Flux; the message gives line and column.
    """
    source = Source(text)
    tokens = scan(source)
    return _Parser(source, tokens, 0).file()


class _Parser:
    def __init__(self, source: Source, tokens: list[Token], depth: int) -> None:
        self.source = source
        self.tokens = tokens
        self.at = 0
        self.depth = depth
        self._closing: dict[int, int] | None = None

    # -- tokens

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def span(self, start: int) -> Span:
        return self.source.span(start, self.tokens[self.at - 1].end if self.at else start)

    def fail(self, message: str, token: Token | None = None) -> CompileError:
        token = token or self.token
        return CompileError(message, self.source.span(token.start, token.end))

    def is_operator(self, text: str) -> bool:
        token = self.tokens[self.at]
        return token.kind == "operator" and token.text == text

    def is_keyword(self, text: str) -> bool:
        token = self.tokens[self.at]
        return token.kind == "keyword" and token.text == text

    def accept(self, text: str) -> bool:
        if self.is_operator(text):
            self.at += 1
            return True
        return False

    def expect(self, text: str, what: str = "") -> None:
        if not self.accept(text):
            raise self.fail(f"expected {text}{what}, got {self.found()}")

    def expect_keyword(self, text: str) -> None:
        if not self.is_keyword(text):
            raise self.fail(f"expected {text}, got {self.found()}")
        self.at += 1

    def found(self) -> str:
        token = self.token
        return "the end of the query" if token.kind == "end" else token.text[:60]

    def name(self, what: str) -> str:
        token = self.token
        if token.kind != "identifier":
            raise self.fail(f"expected {what}, got {self.found()}")
        self.at += 1
        return token.text

    def text(self, what: str) -> str:
        token = self.token
        if token.kind != "string" or len(token.value) != 1:
            raise self.fail(f"expected {what}, got {self.found()}")
        self.at += 1
        return str(token.value[0])

    def deeper(self) -> None:
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

    # -- statements

    def file(self) -> ast.File:
        start = self.token.start
        self.attributes()
        package = ""
        if self.is_keyword("package"):
            self.at += 1
            package = self.name("the name of a package")
        imports: list[ast.Import] = []
        self.attributes()
        while self.is_keyword("import"):
            imports.append(self.import_())
            self.attributes()
        body: list[ast.Statement] = []
        while self.token.kind != "end":
            body.append(self.statement(inside=False))
            self.attributes()
        return ast.File(self.span(start), package, imports, body)

    def attributes(self) -> None:
        """`@edition("2022.1")` and its like change nothing here."""
        while self.accept("@"):
            self.name("the name of an attribute")
            if self.accept("("):
                while not self.accept(")"):
                    self.expression()
                    if not self.is_operator(")"):
                        self.expect(",")

    def import_(self) -> ast.Import:
        start = self.token.start
        self.at += 1
        name = self.name("a name") if self.token.kind == "identifier" else ""
        path = self.text("the path of a package, in quotation marks")
        return ast.Import(self.span(start), name or path.rsplit("/", 1)[-1], path)

    def statement(self, *, inside: bool) -> ast.Statement:
        start = self.token.start
        if self.token.kind == "keyword":
            word = self.token.text
            if word == "return" and inside:
                self.at += 1
                value = self.expression()
                return ast.Return(self.span(start), value)
            if word == "option" and not inside:
                return self.option()
            if word == "import":
                raise self.fail("imports must stand before all other statements")
            if word in ("builtin", "testcase"):
                raise self.fail(f"{word} statements cannot be run as a query")
            if word in ("return", "option", "package"):
                raise self.fail(f"{word} cannot stand here")
        if self.token.kind == "identifier":
            following = self.tokens[self.at + 1]
            if following.kind == "operator" and following.text == "=":
                name = self.name("a name")
                self.at += 1
                value = self.expression()
                return ast.Assignment(self.span(start), name, value)
        expression = self.expression()
        if self.is_operator("="):
            raise self.fail("only a variable, or an option, can be assigned to")
        return ast.ExpressionStatement(self.span(start), expression)

    def option(self) -> ast.Statement:
        start = self.token.start
        self.at += 1
        name, package = self.name("the name of an option"), ""
        if self.accept("."):
            package, name = name, self.name("the name of an option")
        self.expect("=")
        value = self.expression()
        return ast.OptionStatement(self.span(start), package, name, value)

    def block(self) -> ast.Block:
        start = self.token.start
        self.expect("{")
        body: list[ast.Statement] = []
        while not self.accept("}"):
            if self.token.kind == "end":
                raise self.fail("expected }, got the end of the query")
            body.append(self.statement(inside=True))
        return ast.Block(self.span(start), body)

    # -- expressions

    def expression(self) -> ast.Expression:
        self.deeper()
        found = self.conditional() if self.is_keyword("if") else self.logical("or")
        self.depth -= 1
        return found

    def conditional(self) -> ast.Expression:
        start = self.token.start
        self.at += 1
        test = self.expression()
        self.expect_keyword("then")
        yes = self.expression()
        self.expect_keyword("else")
        no = self.expression()
        return ast.Conditional(self.span(start), test, yes, no)

    def logical(self, word: str) -> ast.Expression:
        start = self.token.start
        operands = [self.logical("and") if word == "or" else self.logical_unary()]
        while self.is_keyword(word):
            self.at += 1
            operands.append(self.logical("and") if word == "or" else self.logical_unary())
        return operands[0] if len(operands) == 1 else ast.Logical(self.span(start), word, operands)

    def logical_unary(self) -> ast.Expression:
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
        start = self.token.start
        return self.suffixes(self.primary(), start)

    def suffixes(self, found: ast.Expression, start: int) -> ast.Expression:
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
        if len(token.value) == 1:
            return ast.Literal(self.span(token.start), token.value[0])
        parts: list[str | ast.Expression] = []
        for part in token.value:
            if isinstance(part, str):
                if part:
                    parts.append(part)
                continue
            inner = _Parser(self.source, part, self.depth)
            parts.append(inner.expression())
            if inner.token.kind != "end":
                raise inner.fail(f"expected }} of the interpolation, got {inner.found()}")
        return ast.Interpolation(self.span(token.start), parts)

    def parenthesis(self) -> ast.Expression:
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
