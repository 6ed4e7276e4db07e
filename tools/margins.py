"""How far every claim is from its bound, in standard deviations over the committed seeds.

A claim with less than LIMIT may fail under another seed, or on another machine. A claim that is the
same under every seed, because it was measured once and kept or needs no training, has no deviation.
"""

from itertools import groupby
import math
import statistics
import sys

import course
from course.results import read_results

LIMIT = 3


def main():
    """Print the claims, those of the least margin first. A small margin is no failure: 0."""
    results = read_results(course.RESULTS)
    rows = margins(results)
    different = [row for row in rows if row[0] < math.inf]
    few = sum(margin < LIMIT for margin, *_ in rows)
    print(
        f"{few} of {len(rows)} claims are less than {LIMIT} standard deviations from their bound;"
    )
    print(f"{len(rows) - len(different)} are the same under every seed. All others:")
    print("lesson margin  values (bound): the claim, as under the first seed")
    for margin, lesson, values, claim in different:
        shown = ", ".join(f"{value:.4g}" for value in values)
        bound = f"{claim['sense'].replace('_', ' ')} {claim['bound']:g} {claim['unit']}".strip()
        print(f"{lesson.split('_')[0]:4}{margin:9.3g}  {shown} ({bound}): {claim['sentence']}")
    for lesson in sorted({result["lesson"] for result in results} - {row[1] for row in rows}):
        print(f"{lesson}: one seed alone, or not the same claims under each")
    return 0


def margins(results):
    """[(margin in standard deviations, lesson, values under its seeds, the claim under the first)],
    the least margin first, of lessons with two seeds or more and the same claims under each.

    results: as `course results` keeps them. A margin is that of the mean: negative on the wrong
    side of the bound, infinite where the seeds do not differ.
    """
    rows = []
    for lesson, runs in groupby(results, key=lambda result: result["lesson"]):
        claims = [run["claims"] for run in runs]
        if len(claims) < 2 or len(set(map(len, claims))) > 1:
            continue
        for of in zip(*claims, strict=True):
            values = [claim["value"] for claim in of]
            inside = statistics.mean(map(_inside, of))
            deviation = statistics.stdev(values)
            rows.append((inside / deviation if deviation else math.inf, lesson, values, of[0]))
    return sorted(rows, key=lambda row: row[0])


def _inside(claim):
    above = claim["value"] - claim["bound"]
    return above if claim["sense"] == "at_least" else -above


if __name__ == "__main__":
    sys.exit(main())
