"""Submissions of assignment 9, with the marks that each must get."""

from submissions import Submission

TABLE = """
def table(text, words):
    counts = np.zeros((words + 1, words + 1), int)
    for sentence in text:
        last = 0
        for word in list(sentence) + [0]:
            counts[last, word] += 1
            last = word
    return counts

def bits(counts):
    total = 0.0
    for row in counts:
        for count in row:
            if count:
                total += count * np.log2(sum(row) / count)
    return total

own_1 = bits(table(TEXT, WORDS))
"""
LACKING = """
def lacking(counts):
    answer = np.ones(len(counts) - 1)
    sums = counts.sum(axis=1)
    for w in np.flatnonzero(sums)[1:]:
        avoid = np.zeros(len(counts))  # Pr(the sentence ends without w), from each symbol
        for _ in range(500):
            new = counts[:, 0] + counts[:, 1:] @ avoid[1:]
            new = new / np.maximum(sums, 1)
            new[w] = 0.0
            avoid = new
        answer[w - 1] = avoid[0] ** counts[0].sum()
    return answer

own_2 = lacking(table(TEXT, WORDS))
"""
CHOICE = """
def write(counts, rng):
    law = counts / np.maximum(counts.sum(axis=1), 1)[:, None]
    text = []
    while len(text) < counts[0].sum():
        sentence, word = [], 0
        while True:
            word = int(rng.choice(len(law), p=law[word]))
            if word == 0:
                break
            sentence.append(word)
        text.append(sentence)
    return text
"""
WRITE = """
def write(counts, rng):
    S = counts[0].sum()
    after = [np.repeat(np.arange(len(row)), row).tolist() for row in counts]
    text, sentence = [], []
    while len(text) < S:
        successors = after[sentence[-1] if sentence else 0]
        word = successors[int(rng.random() * len(successors))]
        if word:
            sentence.append(word)
        else:
            text.append(sentence)
            sentence = []
    return text
"""
HISTORIES = """
def histories(text, words, generations, runs, rng):
    answer = []
    for _ in range(runs):
        now, rows = text, []
        for _ in range(generations):
            rows.append([len(set(sum(map(list, now), []))), len({sentence[0] for sentence in now})])
            now = write(table(now, words), rng)
        rows.append([len(set(sum(map(list, now), []))), len({sentence[0] for sentence in now})])
        answer.append(rows)
    return np.array(answer)

own_4 = histories(TEXT, WORDS, LATE, RUNS, mine)[:, :, 1].mean(axis=0)
"""

SUBMISSIONS = [
    Submission(
        "symbol by symbol, words avoided by iteration, drawn with probabilities",
        {"q1": TABLE, "q2": LACKING, "q3": CHOICE, "q4": HISTORIES},
        {},
        "right",
    ),
    Submission(
        "a list of successors that is opened at a random place",
        {
            "q1": """
def table(text, words):
    circle = np.array([symbol for sentence in text for symbol in [0, *sentence]])
    pairs = circle * (words + 1) + np.roll(circle, -1)
    return np.bincount(pairs, minlength=(words + 1) ** 2).reshape(words + 1, words + 1)

def bits(counts):
    total = counts.sum(axis=1, keepdims=True)
    law = counts / np.where(total > 0, total, 1)
    return -(counts * np.log2(np.where(law > 0, law, 1))).sum()

own_1 = bits(table(TEXT, WORDS))
""",
            "q3": WRITE,
        },
        {},
        "right",
    ),
    Submission(
        "no boundary at the end; independent words",
        {
            "q1": TABLE.replace("list(sentence) + [0]", "sentence"),
            "q2": """
def lacking(counts):
    n = counts[1:].sum()
    return (1 - counts[1:].sum(axis=1) / n) ** n

own_2 = lacking(table(TEXT, WORDS))
""",
        },
        {"q1-test": 0.5, "q2-test": 0.0, "q4-test": 0.0},
        "wrong",
    ),
    Submission(
        "natural logarithms; the approximation e^(-c/v)",
        {
            "q1": TABLE.replace("np.log2(", "np.log("),
            "q2": LACKING.replace("avoid[0] ** counts[0].sum()", "np.exp(-counts[0].sum() * (1 - avoid[0]))"),
        },
        {"q1-test": 0.5, "q2-test": 0.0},
        "wrong",
    ),
    Submission(
        "bits a symbol; a word that is counted once a sentence",
        {
            "q1": TABLE.replace("return total", "return total / counts.sum()"),
            "q2": """
def lacking(counts):
    S = counts[0].sum()
    return np.maximum(1 - counts[1:].sum(axis=1) / S, 0) ** S

own_2 = lacking(table(TEXT, WORDS))
""",
            "q4": HISTORIES.replace("[:, :, 1]", "[:, :, 0]"),
        },
        {"q1-test": 0.5, "q2-test": 0.0, "q4-test": 1.5},
        "wrong",
    ),
    Submission(
        "every successor equally likely",
        {"q3": WRITE.replace("    after =", "    counts = (counts > 0).astype(int)\n    after =")},
        {"q3-test": 1.5, "q4-test": 0.5},
        "wrong",
    ),
    Submission(
        "half of the sentences",
        {"q3": WRITE.replace("S = counts[0].sum()", "S = (counts[0].sum() + 1) // 2")},
        {"q3-test": 0.5, "q4-test": 0.5},
        "wrong",
    ),
    Submission(
        "always from the real table",
        {
            "q4": HISTORIES.replace(
                "now = write(table(now, words), rng)", "now = write(table(text, words), rng)",
            ),
        },
        {"q4-test": 0.0},
        "wrong",
    ),
    Submission(
        "a generator of its own inside",
        {"q3": WRITE.replace("    text,", "    rng = np.random.default_rng(9)\n    text,")},
        {"q3-test": 1.0, "q4-test": 0.0},
        "wrong",
    ),
    Submission(
        "sentences that start anywhere",
        {
            "q3": WRITE.replace(" if sentence else 0]", " if sentence else 0] if sentence else anywhere")
            .replace(
                "    text,",
                "    anywhere = np.repeat(np.arange(1, len(counts)), counts[1:].sum(axis=1)).tolist()\n"
                "    text,",
            ),
        },
        {"q3-test": 0.5, "q4-test": 0.0},
        "wrong",
    ),
]

EQUIVALENT = {
    "q1": {"17: 1 -> 0": "a text leaves every symbol as often as it enters it"},
    "q2": {
        "4: 1 -> 0": "a text leaves every symbol as often as it enters it",
        "10: steps[word, others] @ np.linalg.solve(stay, steps[others, word]) -> "
        "np.linalg.solve(stay, steps[others, word]) @ steps[word, others]": (
            "the scalar product of two vectors"
        ),
    },
    "q3": {"4: 1 -> 0 (2)": "a text leaves every symbol as often as it enters it"},
}
