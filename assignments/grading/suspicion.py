"""What in a submission's source an instructor should look at before its marks are believed.

Nothing here costs marks. An answer is arithmetic; one that asks for its caller, replaces a function of the checker or
looks for the values that hidden tests leave behind may have full marks for a wrong program, so it is shown.
"""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from collections.abc import Iterable, Iterator

from IPython.core.inputtransformer2 import TransformerManager

__all__ = ["bound", "imported", "suspicions"]

MODULES = set(
    "__future__ abc array bisect cmath collapse_lib collections copy dataclasses decimal enum fractions functools heapq "
    "itertools math matplotlib numbers numpy operator pandas random scipy statistics string time tqdm typing".split()
)
NAMES = set(
    "In Out breakpoint compile delattr eval exec exit get_ipython getattr globals input locals memoryview open quit "
    "setattr vars __builtins__ __import__ __loader__ __spec__".split()
)
ATTRIBUTES = set(
    "ag_frame builtins cr_frame ctypes ctypeslib f_back f_builtins f_code f_globals f_lineno f_locals fromfile gc "
    "gi_frame importlib inspect lib memmap modules os subprocess sys tb_frame tb_next testing threading tofile "
    "user_ns".split()
)
PROTOCOL = {"__init__", "__post_init__", "__call__", "__iter__", "__next__", "__len__", "__getitem__", "__repr__"}
PROTOCOL |= {"__str__", "__enter__", "__exit__", "__name__", "__doc__", "__main__"}
HISTORY = re.compile(r"_+|_+i+|_i?\d+|_[iod]h|_exit_code")
HARMLESS = re.compile(r"^\s*%(matplotlib\b.*|time\s*$)", re.MULTILINE)
COMPREHENSIONS = ("dictcomp", "genexpr", "listcomp", "setcomp")
TOP_LEVEL = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST


def suspicions(
    answers: Iterable[str], *, released: str = "", locked: Iterable[str] = (), graded: Iterable[str] = ()
) -> list[str]:
    """Return what is suspicious in a student's cells, in short words, each once.

    Parameters
    ----------
    answers
        The sources of the cells that the student wrote.
    released
        All text of the released notebook: modules of `collapse_lib` that it names may be imported.
    locked
        The sources of the locked cells that give no points: names that they bind are not to be bound again.
    graded
        The sources of the graded cells: names that they bind are not to be read.
    """
    locked, graded = list(locked), list(graded)
    sources = [_python(text) for text in answers]
    trees = [tree for tree in map(_tree, sources) if tree is not None]
    kept = set().union(*map(bound, locked)) | set().union(*(set(imported(text)) for text in graded))
    known = {line for text in locked for line in _import_lines(text)}
    secret = set().union(*map(bound, graded)) - set().union(*map(bound, locked))
    own = set().union(*(_stored(tree) for tree in trees))
    found: list[str] = []
    for tree in trees:
        found += _Visitor(released).look(tree)
        found += ["waits outside a function"] if any(isinstance(node, ast.Await) for node in _outside(tree)) else []
        # "_" is no builtin, but a shell puts its last result there
        found += [f"binds {name}" for name in sorted(_stored(tree, known) & (kept | set(dir(builtins)) - {"_"}))]
    for text in sources:
        now, later = _reads(text)
        found += [f"reads {name}" for name in sorted((now - own | later) & secret)]
    return list(dict.fromkeys(found))


def _python(text: str) -> str:
    """Return a cell as the Python that the kernel runs: magics and shell commands call `get_ipython`."""
    try:
        return TransformerManager().transform_cell(HARMLESS.sub("", text))
    except Exception:  # noqa: BLE001  what cannot be transformed cannot run
        return text


def _tree(text: str) -> ast.Module | None:
    try:
        return compile(text, "<cell>", "exec", flags=TOP_LEVEL)  # type: ignore[return-value]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None  # it does not run either


def bound(text: str) -> set[str]:
    """Return the names that a cell binds at its top level."""
    tree = _tree(text)
    return _stored(tree) if tree is not None else set()


def imported(text: str) -> dict[str, tuple[str, str]]:
    """Return the names that a cell imports from modules, each with its module and its name there."""
    tree = _tree(text)
    nodes = ast.walk(tree) if tree is not None else ()
    lines = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    return {name.asname or name.name: (node.module or "", name.name) for node in lines for name in node.names}


def _import_lines(text: str) -> set[str]:
    """Return the imports of a cell, one name each, as they would be written alone."""
    tree = _tree(text)
    return {line for node in ast.walk(tree) for line in _imports(node)} if tree is not None else set()


def _imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [ast.unparse(ast.Import([name])) for name in node.names]
    if isinstance(node, ast.ImportFrom):
        return [ast.unparse(ast.ImportFrom(node.module, [name], node.level)) for name in node.names]
    return []


def _stored(tree: ast.AST, known: Iterable[str] = ()) -> set[str]:
    """Return the names bound in the notebook's own namespace, but for imports that are `known`."""
    names: set[str] = set()

    def walk(node: ast.AST) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
            names.update(name for inner in ast.walk(node) if isinstance(inner, ast.Global) for name in inner.names)
            return
        if isinstance(node, ast.Lambda):
            return
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for name, line in zip(node.names, _imports(node), strict=True):
                if line not in known:
                    names.add(name.asname or name.name.partition(".")[0])
        elif isinstance(node, ast.comprehension):
            walk(node.iter)
            for condition in node.ifs:
                walk(condition)
            return
        elif isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            names.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
        elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
            names.add(node.name)
        for child in ast.iter_child_nodes(node):
            walk(child)

    walk(tree)
    return names


def _outside(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a cell that are in no function."""
    for child in ast.iter_child_nodes(tree):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield child
            yield from _outside(child)


def _reads(text: str) -> tuple[set[str], set[str]]:
    """Return the names of the notebook that a cell reads when it is run, and those that its functions read later."""
    now: set[str] = set()
    later: set[str] = set()

    def walk(table: symtable.SymbolTable, inside: bool) -> None:
        inside |= table.get_type() == "function" and table.get_name() not in COMPREHENSIONS
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (symbol.is_global() or table.get_type() == "module"):
                (later if inside else now).add(symbol.get_name())
        for child in table.get_children():
            walk(child, inside)

    try:
        walk(symtable.symtable(text, "<cell>", "exec"), False)
    except (SyntaxError, ValueError, RecursionError):
        return set(), set()
    return now, later


class _Visitor(ast.NodeVisitor):
    """Collects what one cell reads, imports and replaces."""

    def __init__(self, released: str) -> None:
        self.released = released
        self.found: list[str] = []

    def look(self, tree: ast.AST) -> list[str]:
        self.visit(tree)
        return self.found

    def visit_Name(self, node: ast.Name) -> None:
        read = isinstance(node.ctx, ast.Load)
        if node.id in NAMES or (read and HISTORY.fullmatch(node.id)) or (_dunder(node.id) and node.id not in PROTOCOL):
            self.found.append(f"reads {node.id}")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
        if node.attr in ATTRIBUTES or (_dunder(node.attr) and node.attr not in PROTOCOL):
            self.found.append(f"reads .{node.attr}")
        elif node.attr.startswith("_") and not _dunder(node.attr) and not own:
            self.found.append(f"reads .{node.attr}")
        if not isinstance(node.ctx, ast.Load) and not own:
            self.found.append(f"sets {ast.unparse(node)[:60]}")
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        if _dunder(node.name) and node.name not in PROTOCOL:
            self.found.append(f"defines {node.name}")
        self.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef
    visit_ClassDef = visit_FunctionDef

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and re.search(r"__(?!main__)\w+__|COLLAPSE_COURSE_KEY|/proc/|f_(back|locals|globals)", node.value):
            self.found.append("a text with a name of the machinery")

    def visit_Import(self, node: ast.Import) -> None:
        for name in node.names:
            self._module(name.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for name in node.names:
            self._module(f"{node.module or ''}.{name.name}", node.module or "")

    def _module(self, path: str, module: str = "") -> None:
        parts = path.split(".")
        if parts[0] not in MODULES or ATTRIBUTES & set(parts) or any(part.startswith("_") for part in parts[1:]):
            self.found.append(f"imports {module or path}" if parts[0] not in MODULES else f"imports {path}")
        elif parts[0] == "collapse_lib" and len(parts) > 1 and not self._handed_out(parts[1]):
            self.found.append(f"imports {parts[0]}.{parts[1]}")
        elif parts[-1] == "*":
            self.found.append(f"imports {path}")

    def _handed_out(self, module: str) -> bool:
        """Whether the released notebook names a module of `collapse_lib`."""
        return bool(re.search(rf"collapse_lib[^\n]*\b{re.escape(module)}\b", self.released))


def _dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__") and len(name) > 4
