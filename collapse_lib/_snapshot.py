"""A notebook's function with the notebook's names as they are now: a later cell may give them to something else."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any

__all__ = ["snapshot"]


def snapshot(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function with the global names that its notebook has at this moment.

    What it calls of the notebook's own functions sees them, too. Functions of other modules are left alone.

    Parameters
    ----------
    function : callable
        A function, usually of a notebook.

    Returns
    -------
    callable
        For a notebook's function its copy, else `function`.
    """
    theirs = getattr(function, "__globals__", None)
    if not isinstance(function, FunctionType) or theirs.get("__name__") != "__main__":
        return function
    names: dict[str, Any] = {}

    def copied(value: Any) -> Any:
        if isinstance(value, functools._lru_cache_wrapper) and isinstance(value.__wrapped__, FunctionType):
            return functools.lru_cache(**value.cache_parameters())(copied(value.__wrapped__))
        if not isinstance(value, FunctionType) or value.__globals__ is not theirs:
            return value
        made = FunctionType(value.__code__, names, value.__name__, value.__defaults__, value.__closure__)
        made.__kwdefaults__ = value.__kwdefaults__
        return functools.update_wrapper(made, value)

    names |= {name: copied(value) for name, value in theirs.items()}
    return copied(function)
