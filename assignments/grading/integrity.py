"""What runs in the kernel after the last cell: are the checker and what it rests on still what their files say?

`program` gives the text of a cell that prints a JSON list of what was changed. It is a tripwire, not a proof: code that
shares a process with the checker can deceive it, and what could do that is found in the source (see `suspicion`).
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["program"]

TEXT = '''
def _altered(imported):
    import builtins, importlib, json, math, os, sys, types

    altered = []
    import numpy
    from collapse_lib import assignment

    with open(assignment.__file__, encoding="utf-8") as file:
        top = compile(file.read(), assignment.__file__, "exec")

    def codes(code, prefix=""):
        for one in code.co_consts:
            if isinstance(one, types.CodeType) and not one.co_name.startswith("<"):
                yield prefix + one.co_name, one
                yield from codes(one, prefix + one.co_name + ".")

    def function(path):
        found = assignment
        for part in path.split("."):
            found = vars(found)[part]
        found = found.fget if isinstance(found, property) else found
        return getattr(found, "__wrapped__", found)

    written = dict(codes(top))
    for path, code in written.items():
        try:
            if isinstance(vars(assignment).get(path.partition(".")[0]), type) and "." not in path:
                continue
            if function(path).__code__ != code:
                altered.append("assignment." + path)
        except (KeyError, AttributeError, TypeError):
            altered.append("assignment." + path)
    for name in ("contextlib", "hashlib", "os", "np", "sys", "_validate"):
        if not isinstance(vars(assignment)[name], types.ModuleType):
            altered.append("assignment." + name)
    homes = {name: os.path.dirname(module.__file__) for name, module in (("numpy", numpy),)}
    homes["collapse_lib"] = os.path.dirname(assignment.__file__)
    homes["contextlib"] = homes["hashlib"] = os.path.dirname(os.__file__)
    for name, module in list(sys.modules.items()):
        home = homes.get(name.partition(".")[0])
        if home is None or not isinstance(module, types.ModuleType):
            continue
        for attribute, value in list(vars(module).items()):
            code = getattr(value, "__code__", None)
            place = getattr(code, "co_filename", None)
            if value.__class__ is types.FunctionType and place.startswith(("<ipython", "/tmp/ipykernel", "<cell")):
                altered.append(name + "." + attribute)
            elif isinstance(value, type) and getattr(value, "__module__", "") == "__main__":
                altered.append(name + "." + attribute)
    for module in (builtins, math):
        for attribute, value in list(vars(module).items()):
            if value.__class__ is types.FunctionType or getattr(value, "__module__", "") == "__main__":
                if attribute not in ("display", "execfile", "get_ipython", "open", "runfile", "_"):
                    altered.append(module.__name__ + "." + attribute)
    for name in ("abs", "all", "where", "maximum", "isinf", "asarray", "allclose", "isclose"):
        value = getattr(numpy, name)
        if not getattr(value, "__module__", None) in (None, "numpy") or not callable(value):
            altered.append("numpy." + name)
        elif name in ("abs", "maximum", "isinf") and value.__class__.__name__ != "ufunc":
            altered.append("numpy." + name)
    for name, (module, original) in imported.items():
        try:
            found = getattr(importlib.import_module(module), original, None)
            found = importlib.import_module(module + "." + original) if found is None else found
        except ImportError:
            continue
        if globals().get(name) is not found:
            altered.append(name)
    print(json.dumps(sorted(set(altered))))


_altered(IMPORTED)
'''


def program(imported: Mapping[str, tuple[str, str]]) -> str:
    """Return the cell, for names that locked cells import: name, its module, its name there."""
    return TEXT.replace("IMPORTED", repr(dict(imported)))
