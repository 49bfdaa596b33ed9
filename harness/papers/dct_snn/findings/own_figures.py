"""Whether the paper's sentences on latency agree with each other and with its own figures."""

from collections.abc import Iterator, Mapping

from harness.analysis.judges import Judgement
from harness.catalogue import Sentence

SENTENCES = {"latency-two-to-fourteen": '"2-14X"', "latency-orders-of-magnitude": '"orders of magnitude"'}
PAIRS = {
    "latency-200-agrees-with-2-14": '"about 200 steps" and "2-14X"',
    "latency-200-agrees-with-orders": '"about 200 steps" and "orders of magnitude"',
    "latency-2-14-agrees-with-orders": '"2-14X" and "orders of magnitude"',
}


def own_figures(by_id: Mapping[str, Judgement]) -> Iterator[Sentence]:
    """Which pairs of sentences agree, and which ones the figures contradict; `by_id`: the judgement of each claim."""
    verdicts = {name: by_id[name].verdict for name in (*SENTENCES, *PAIRS) if name in by_id}
    if len(verdicts) < len(SENTENCES) + len(PAIRS):
        return
    words = [
        f"{pair} {'agree with each other' if verdicts[name] == 'holds' else 'do not agree'}"
        for name, pair in PAIRS.items()
    ]
    wrong = [sentence for name, sentence in SENTENCES.items() if verdicts[name] == "contradicted"]
    figures = "reads off another paper's figure, 5 to 42 times as many as 48, contradict"
    yield Sentence("The sentences on latency:", tuple(words))
    if wrong:
        contradicted = " and ".join(wrong)
        brief = f"The steps that the paper {figures} {contradicted}."
        yield Sentence(f"The steps that §5.2 {figures} {contradicted}.", brief=brief)
