"""The dual chain at any scale: functions of it, known at a few hundred nodes instead of n states.

A function of the number of ancestors that one generation has averaged is smooth in its logarithm. So it is kept
at the states 1, ..., 64 and at Chebyshev points of panels between 64 and n, each about twice as high as the last,
and interpolated in between. The chain only goes down: every linear system is block triangular. Each step, with
its error, is proved in :doc:`/chapters/reference/exact-at-scale`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from collapse_lib.forgetting._boxes import first_rows, occupancy_points

__all__ = ["MAX_SIZE", "DualChain", "Grid", "dual_chain", "generator", "scheduled"]

Array = NDArray[np.float64]

MAX_SIZE = 10**12  # largest n
_SMALL = 64  # states that are nodes themselves
_DEGREE = 16  # of the polynomials in the logarithm of the state
_RATIO = 2.0  # of the ends of a panel, at most
_MODES = 8  # eigenfunctions that are left when k > 2n


@dataclass(frozen=True, eq=False)
class Grid:
    """States at which a function is kept, ascending from 1 to `top`, and the panels between them.

    A panel is (index of its lowest node, index after its highest node, barycentric weights); neighbours share a
    node.
    """

    nodes: NDArray[np.int64]
    panels: tuple[tuple[int, int, Array], ...]

    @classmethod
    def to(cls, top: int) -> Grid:
        """The grid up to the state `top`."""
        small = min(top, _SMALL)
        nodes, panels = [np.arange(1, small + 1)], []
        count = int(np.ceil(np.log(top / small) / np.log(_RATIO)))
        low, size = small, small
        chebyshev = (1 - np.cos(np.arange(1, _DEGREE + 1) * np.pi / _DEGREE)) / 2
        for high in small * (top / small) ** (np.arange(1, count + 1) / max(count, 1)):
            above = np.unique(np.rint(low * (high / low) ** chebyshev).astype(np.int64))
            above = above[(above > low) & (above <= top)]
            if above.size:
                places = np.log(np.append(low, above) / low) * 4 / np.log(high / low)
                gaps = places[:, None] - places
                np.fill_diagonal(gaps, 1.0)
                panels.append((size - 1, size + above.size, 1 / gaps.prod(axis=1)))
                nodes.append(above)
                low, size = int(above[-1]), size + above.size
        return cls(np.concatenate(nodes), tuple(panels))

    @property
    def small(self) -> int:
        """Number of the first states that are all nodes."""
        return self.panels[0][0] + 1 if self.panels else self.nodes.size

    def weights(self, states: NDArray[np.int64]) -> Iterator[tuple[slice, NDArray[np.intp], Array]]:
        """Interpolation at states above `small`: for each panel its nodes, the states in it, their weights."""
        where = np.searchsorted(self.nodes[[end - 1 for _, end, _ in self.panels]], states)
        for number, (begin, end, barycentric) in enumerate(self.panels):
            inside = np.flatnonzero(where == number)
            if inside.size:
                nodes = self.nodes[begin:end]
                distance = states[inside, None] - nodes
                at_node = distance == 0
                scaled = barycentric / np.log1p(np.where(at_node, 1, distance) / nodes)
                scaled[at_node.any(axis=1)] = 0.0
                scaled[at_node] = 1.0
                yield slice(begin, end), inside, scaled / scaled.sum(axis=1, keepdims=True)

    def at(self, state: int) -> Array:
        """Weights of all nodes for the value at one state."""
        row = np.zeros(self.nodes.size)
        if state <= self.small:
            row[state - 1] = 1.0
        else:
            for nodes, _, weights in self.weights(np.array([state])):
                row[nodes] = weights[0]
        return row


def generator(grid: Grid, n: int, most: int) -> Array:
    """The matrix of f -> E f(occupied boxes of a balls in n boxes) - f(a) at the nodes a: rows of sum zero.

    The rows are those from which the values at the states up to `most` are interpolated; the others are zero.
    """
    small, size = grid.small, grid.nodes.size
    matrix = np.zeros((size, size))
    matrix[:small, :small] = first_rows(n, small)
    last = small if most <= small else next(end for _, end, _ in grid.panels if grid.nodes[end - 1] >= most)
    if last > small:
        rows, boxes, weights = occupancy_points(grid.nodes[small:last], n)
        rows += small
        lower = boxes < grid.nodes[rows]
        rows, boxes, weights = rows[lower], boxes[lower], weights[lower]
        exact = boxes <= small
        np.add.at(matrix, (rows[exact], boxes[exact] - 1), weights[exact])
        rows, boxes, weights = rows[~exact], boxes[~exact], weights[~exact]
        for nodes, inside, parts in grid.weights(boxes):
            own, first = np.unique(rows[inside], return_index=True)
            matrix[own, nodes] += np.add.reduceat(weights[inside, None] * parts, first, axis=0)
    np.fill_diagonal(matrix, 0.0)
    np.fill_diagonal(matrix, -matrix.sum(axis=1))
    return matrix


class DualChain:
    """Means over the dual chain A_1 = n, A_2, ... for one sample size n.

    Nothing that is kept is ever changed: threads may share a chain, and an interrupt leaves it as it was.

    Parameters
    ----------
    n : int
        Sample size, 1 <= n <= 10**12.
    """

    def __init__(self, n: int) -> None:
        self.n = n
        self.grid = Grid.to(n)
        self.nodes = self.grid.nodes.astype(float)
        self._powers: tuple[Array, ...] = (generator(self.grid, n, n),)

    def total(self, values: Array) -> Array:
        """E sum over k >= 1 of f(A_k) given the values of f at the nodes, shape (nodes, ...), where f(1) = 0."""
        total = np.zeros_like(values)
        return self._solve(values, total, 0.0, 1)[-1]

    def _solve(self, values: Array, total: Array, rate: float, first: int) -> Array:
        """Solve E h(A') - h(a) + rate h(a) + f(a) = 0 upwards from node `first`; `total` holds h below it."""
        matrix = self._powers[0]
        for a in range(first, self.grid.small):
            total[a] = (values[a] + matrix[a, :a] @ total[:a]) / (-matrix[a, a] - rate)
        for begin, end, _ in self.grid.panels:
            own, below = slice(begin + 1, end), slice(begin + 1)
            block = -matrix[own, own] - rate * np.eye(end - begin - 1)
            total[own] = np.linalg.solve(block, values[own] + matrix[own, below] @ total[below])
        return total

    def expectation(self, values: Array, k: NDArray[np.int64]) -> Array:
        """E f(A_k) for every entry of `k` (>= 1), given the values of f at the nodes.

        With B a power of two, k - 1 = B i + j: the law of A_{Bi + 1} goes forward by powers of the matrix, the
        function goes backward by j < B steps, and they meet.
        """
        steps, where = np.unique(k - 1, return_inverse=True)
        answer = np.empty(steps.size)
        late = steps > 2 * self.n
        answer[late] = self._late(values, steps[late])
        soon = steps[~late]
        if soon.size:
            bits = min((soon.size.bit_length() + 1) // 2, int(soon[-1]).bit_length())
            blocks, offsets = soon >> bits, soon & ((1 << bits) - 1)
            functions = np.empty((int(offsets.max()) + 1, values.size))
            functions[0] = values
            for last, function in zip(functions, functions[1:]):
                np.matmul(self._powers[0], last, out=function)
                function += last
            law, at = np.zeros(values.size), 0
            law[-1] = 1.0
            starts = np.flatnonzero(np.diff(blocks, prepend=-1))
            for begin, end in zip(starts, np.append(starts[1:], soon.size)):
                law, at = self._forward(law, int(blocks[begin]) - at, bits), int(blocks[begin])
                answer[begin:end] = functions[offsets[begin:end]] @ law
        return answer[where].reshape(k.shape)

    def first_below(self, functions: Array, level: float, bits: int) -> NDArray[np.int64]:
        """The first k >= 1 with E f(A_k) <= level for each row f of `functions`, or 2^bits + 1 if none up to there.

        f increases, so the mean falls with k. Binary digits of k from the highest on, for all rows at once: rows
        that share digits share the law.
        """
        laws, row = np.zeros((1, self.nodes.size)), np.zeros(len(functions), np.int64)
        laws[0, -1] = 1.0
        last = np.full(len(functions), -1)  # the largest number of steps with a mean above the level
        above = functions[:, -1] > level
        last[above] = 0
        for bit in reversed(range(bits)):
            later = laws + laws @ self._power(bit)
            go = above & (np.einsum("ij,ij->i", later[row], functions) > level)
            last[go] += 1 << bit
            kept, row = np.unique(row + len(laws) * go, return_inverse=True)
            laws = np.concatenate([laws, later])[kept]
        return last + 2

    def _forward(self, law: Array, steps: int, bits: int) -> Array:
        """The law `steps` << bits generations later."""
        while steps:
            if steps & 1:
                law = law + law @ self._power(bits)
            steps, bits = steps >> 1, bits + 1
        return law

    def _power(self, bits: int) -> Array:
        """T^(2^bits) - 1 for the transition matrix T, from (1 + D)^2 - 1 = 2 D + D^2.

        No node has weight in the row of a node of a lower panel, so rows are multiplied as far as they go.
        """
        powers = self._powers
        ends = [0, *(end for _, end, _ in self.grid.panels[3::4]), len(self.nodes)]
        while len(powers) <= bits:
            square = 2 * powers[-1]
            for begin, end in zip(ends, ends[1:]):
                square[begin:end, :end] += powers[-1][begin:end, :end] @ powers[-1][:end, :end]
            powers += (square,)
        self._powers = powers
        return powers[bits]

    def _late(self, values: Array, steps: NDArray[np.int64]) -> Array:
        """E f(A_{1 + steps}) from the eigenfunctions of the lowest states; the others have died away.

        The eigenvalue of state a is the probability that a balls do not meet; its eigenfunction is 0 below a.
        """
        modes = min(_MODES, self.n)
        log_stay = np.cumsum(np.log1p(-np.arange(modes) / self.n))
        shapes, parts = np.zeros((values.size, modes)), np.zeros(modes)
        for a in range(modes):
            shapes[a, a] = 1.0
            self._solve(np.zeros(values.size), shapes[:, a], -np.expm1(log_stay[a]), a + 1)
            parts[a] = values[a] - shapes[a, :a] @ parts[:a]
        return np.exp(np.multiply.outer(steps, log_stay)) @ (parts * shapes[-1])


@lru_cache(maxsize=4)
def dual_chain(n: int) -> DualChain:
    """The chain for sample size n; the last four are kept."""
    return DualChain(n)


def scheduled(f: Callable[[Array], Array], sizes: NDArray[np.int64], k: NDArray[np.int64]) -> Array:
    """E f(A_k) for every entry of `k` (>= 1) when generation j has sizes[j - 1] samples.

    Traced back, m samples of generation j + 1 are m balls in sizes[j - 1] boxes. So the means over what lies
    before generation j + 1, as a function of m, come from those of generation j, and one pass serves every k.
    """
    grid = Grid.to(int(sizes.max()))
    make = lru_cache(maxsize=4)(lambda n, most: generator(grid, n, most))
    values, answer = f(grid.nodes.astype(float)), np.empty(k.shape)
    for j in range(1, int(k.max()) + 1):
        if j > 1:
            values = values + make(int(sizes[j - 2]), int(sizes[j - 1])) @ values
        answer[k == j] = grid.at(int(sizes[j - 1])) @ values
    return answer
