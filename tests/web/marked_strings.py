"""Every string that the sources mark for translation, found without the gettext tools."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.template import Origin, Template, engines
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

ROOT = Path(__file__).resolve().parents[2]
OURS = ("issues", "metrics", "mis_dashboard")
ONE = {"gettext", "gettext_lazy", "gettext_noop"}
TWO = {"ngettext", "ngettext_lazy"}

# A string, and its plural if it has one.
Marked = tuple[str, str]


def marked() -> dict[Marked, str]:
    """What is marked, and one file where."""
    found = {string: str(path.relative_to(ROOT)) for path in python_files() for string in in_python(path)}
    return found | {string: str(path.relative_to(ROOT)) for path in templates() for string in in_template(path)}


def python_files() -> list[Path]:
    return [path for folder in OURS for path in sorted((ROOT / folder).rglob("*.py"))]


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.html"))


def in_python(path: Path) -> Iterator[Marked]:
    """The literals that a module gives to the functions of django.utils.translation, by whatever names it has them."""
    tree = ast.parse(path.read_text())
    names = _imported(tree)
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in names:
            count = 2 if names[call.func.id] in TWO else 1
            literals = [arg.value for arg in call.args[:count] if isinstance(arg, ast.Constant)]
            if len(literals) == count:
                yield literals[0], literals[1] if count == 2 else ""


def _imported(tree: ast.AST) -> dict[str, str]:
    """The module's own names of the marking functions: {"_": "gettext_lazy"}."""
    return {
        name.asname or name.name: name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for name in node.names
        if name.name in ONE | TWO
    }


def in_template(path: Path) -> Iterator[Marked]:
    nodes = Template(path.read_text(), Origin(str(path)), engine=engines["django"].engine).nodelist
    for node in nodes.get_nodes_by_type(TranslateNode):
        if isinstance(literal := node.filter_expression.var.literal, str):
            yield literal.replace("%", "%%"), ""  # as Django looks it up
    for node in nodes.get_nodes_by_type(BlockTranslateNode):
        singular, plural = (node.render_token_list(tokens or [])[0] for tokens in (node.singular, node.plural))
        yield singular, plural
