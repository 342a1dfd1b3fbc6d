"""Theory of the escapes from collapse: what is added to the loop, how much of it, and what it costs.

Every function of a generation `k` takes a non-negative integer or an array of them and answers with its shape.
"Diversity" is the expected variance of a function of one sample of the model over that of the truth: for a
word its heterozygosity, for a vocabulary the chance that two samples differ.
"""

__all__: list[str] = []
