"""The playground of one pixel in noise: its pictures, and what is exact about them."""

from course_utils import heatmaps, pixels
import numpy as np
import pytest
from test_playground_numbers import in_node, needs_node


@needs_node
def test_the_picture_of_a_pixel_and_its_likelihood():
    (lit,) = in_node(
        "heatmap", "P.LIT.map((of) => of.map(([i, share]) => [i, P.level(share)]))", [0]
    )
    templates = np.zeros((900, 900))
    for place, light in enumerate(lit):
        pixel, level = np.array(light).T
        templates[place, pixel.astype(int)] = level
    np.testing.assert_allclose(templates, pixels.blurred_pixels(30).reshape(900, 900), atol=1e-9)
    rng = np.random.default_rng(4)
    value = np.where(rng.random(500) < 0.3, 0, rng.uniform(0, 120, 500))
    level, noise = rng.uniform(0, 40, 500), rng.uniform(2, 25, 500)
    clutter = np.where(rng.random(500) < 0.2, 0, rng.uniform(0, 0.1, 500))
    cases = np.stack([value, level, noise, clutter], axis=1)
    expected = [float(heatmaps.log_likelihood(*case)) for case in cases]
    answers = in_node("heatmap", "P.logLikelihood(...c)", cases.tolist())
    np.testing.assert_allclose(answers, expected, rtol=1e-9, atol=1e-9)


@needs_node
def test_the_posterior_of_a_pixel_and_what_it_is_scored_with():
    rng = np.random.default_rng(5)
    cases = [[i, rng.uniform(2, 25), rng.choice([0, rng.uniform(0, 0.1)])] for i in range(60)]
    work = """((picture) => { const logs = P.logPosterior(picture.values, c[1], c[2]);
        return { ...picture, logs, fit: P.matchedFilter(picture.values), best: P.largest(logs),
          expected: P.expected(logs.map(Math.exp), 333), miss: P.distance(333, picture.truth) };
    })(P.picture(...c))"""
    templates = pixels.blurred_pixels(30)
    places = np.stack(np.divmod(np.arange(900), 30)[::-1], axis=1)
    for (_, noise, clutter), answer in zip(cases, in_node("heatmap", work, cases), strict=True):
        image = np.array(answer["values"]).reshape(1, 30, 30)
        (logs,) = heatmaps.log_posterior(image, templates, noise, clutter)
        np.testing.assert_allclose(answer["logs"], logs, rtol=1e-9, atol=1e-9)
        fit = (image * templates - templates.astype("float64") ** 2 / 2).sum(axis=(1, 2))
        np.testing.assert_allclose(answer["fit"], fit, rtol=1e-9, atol=1e-6)
        assert answer["best"] == logs.argmax()
        distance = np.hypot(*(places - places[333]).T)
        assert answer["expected"] == pytest.approx(distance @ np.exp(logs), abs=1e-9)
        assert answer["miss"] == pytest.approx(distance[answer["truth"]], abs=1e-9)


@needs_node
def test_pictures_come_from_the_generator_of_the_course():
    """Numbers of another kind of random, so only their distribution can be compared."""
    answers = in_node("heatmap", "P.picture(c, 10, 0.05)", [*range(80)])
    truth = np.array([answer["truth"] for answer in answers])
    assert len(set(truth)) > 70
    theirs = np.array([answer["values"] for answer in answers])
    xy = np.stack([truth % 30, truth // 30], axis=1)
    ours = 255 * pixels.noisy_pixels(xy, 30, np.random.default_rng(6), 10, 0.05).reshape(80, 900)
    for count in (theirs == 0, theirs > 25, theirs > 40):
        assert 0.001 < count.mean() < 0.6
    for share in (lambda v: v == 0, lambda v: v > 25, lambda v: v > 40, lambda v: v / 255):
        a, b = share(theirs), share(ours)
        assert abs(a.mean() - b.mean()) < 4 * np.sqrt((a.var() + b.var()) / a.size)
