"""How far claims are from their bounds, as `make margins` says it."""

import math

import margins
import pytest

import course
from course import results


def run_of(lesson, seed, *claims):
    names = "sense", "bound", "value", "unit", "sentence"
    of = [dict(zip(names, (*claim, "px", f"S{seed}"), strict=True)) for claim in claims]
    return {"lesson": lesson, "seed": seed, "claims": of}


def of_values(*pairs):
    return [
        run_of("01_a", seed, ("at_most", 7, most), ("at_least", 1, least))
        for seed, (most, least) in enumerate(pairs)
    ]


def test_a_margin_is_the_mean_s_in_deviations_on_the_right_side_of_the_bound():
    (first, second) = margins.margins(of_values((1, 0.5), (2, 0.7), (3, 0.9)))
    assert first[0] == pytest.approx(-0.3 / 0.2)
    assert second[0] == pytest.approx((7 - 2) / 1)
    assert second[1:3] == ("01_a", [1, 2, 3])
    assert second[3]["sentence"] == "S0"


def test_claims_that_do_not_differ_have_no_deviation():
    assert [row[0] for row in margins.margins(of_values((1, 4), (1, 5)))] == [
        pytest.approx(3.5 / math.sqrt(0.5)),
        math.inf,
    ]


def test_what_is_said(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(course, "RESULTS", tmp_path / "seeds.json")
    found = of_values((1, 0.5), (2, 0.7), (3, 0.9))
    found += [run_of("02_b", 0, ("at_most", 1, 0)), run_of("02_b", 1)]
    found += [run_of("03_c", 0, ("at_most", 1, 0))]
    found += [run_of("04_d", seed, ("at_most", 1, 0)) for seed in (0, 1)]
    results.write_results(course.RESULTS, found)
    assert margins.main() == 0
    assert capsys.readouterr().out.splitlines() == [
        "1 of 3 claims are less than 3 standard deviations from their bound;",
        "1 are the same under every seed. All others:",
        "lesson margin  values (bound): the claim, as under the first seed",
        "01       -1.5  0.5, 0.7, 0.9 (at least 1 px): S0",
        "01          5  1, 2, 3 (at most 7 px): S0",
        "02_b: one seed alone, or not the same claims under each",
        "03_c: one seed alone, or not the same claims under each",
    ]


def test_no_committed_mean_is_on_the_wrong_side():
    assert min(margins.margins(results.read_results(course.RESULTS)))[0] > 0
