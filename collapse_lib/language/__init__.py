"""Language models that read their own writing: fitted, sampled and fitted again.

A text is a sequence of sentences. The boundary between two of them is a symbol like any other, so that a text
is a closed walk from boundary to boundary: it enters every context as often as it leaves it.
The chapters are :doc:`/chapters/forgetting/language`, :doc:`/chapters/forgetting/language-experiment` and
:doc:`/chapters/forgetting/words-by-count`.
"""

from collapse_lib.language._kneser_ney import KneserNey
from collapse_lib.language._loop import held_out, retrain
from collapse_lib.language._ngram import NGram
from collapse_lib.language._text import Text, corpus

__all__ = ["KneserNey", "NGram", "Text", "corpus", "held_out", "retrain"]
