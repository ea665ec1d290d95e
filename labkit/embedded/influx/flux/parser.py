"""The grammar of a query: attributes, package clause, imports, statements; expressions are in `expressions.py`.

Source: https://docs.influxdata.com/flux/v0/spec/statements/.
"""

from __future__ import annotations

from labkit.embedded.influx.flux import ast
from labkit.embedded.influx.flux.expressions import ExpressionParser
from labkit.embedded.influx.flux.scanner import Source, scan


def parse(text: str) -> ast.File:
    """The syntax tree of a query.

    Raises:
        CompileError: it is not Flux; the message gives line and column.
    """
    source = Source(text)
    tokens = scan(source)
    return _Parser(source, tokens, 0).file()


class _Parser(ExpressionParser):
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
