"""What the trial in a browser must find: each fault is planted in a notebook without any."""

import base64
import copy
import io

from course_utils import CHECK, CLAIM
import lab
from nbformat.v4 import new_code_cell, new_output
from PIL import Image
import pytest


def cell(source, **data):
    return new_code_cell(source, outputs=[new_output("display_data", data)])


WHOLE = {
    "cells": [
        cell("plots.show(fig, 'A.')", **{"image/png": "x"}),
        cell("lesson.claim('A', 1, at_most=2)", **{CLAIM: {}}),
        cell('check("01.1", argmax_xy)', **{CHECK: {}}),
    ]
}


def test_a_run_that_lacks_nothing():
    assert lab.compare(copy.deepcopy(WHOLE), WHOLE) == []


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "cell 0: 0 of 1 outputs of image/png"),
        (1, f"cell 1: 0 of 1 outputs of {CLAIM}"),
        (2, "cell 2: no word on the answer"),
    ],
)
def test_what_a_run_lacks(number, said):
    run = copy.deepcopy(WHOLE)
    run["cells"][number].outputs.clear()
    assert lab.compare(run, WHOLE) == [said]


def test_a_cell_that_failed():
    run = copy.deepcopy(WHOLE)
    run["cells"][0].outputs.append(new_output("error", ename="KeyError", evalue="'x'"))
    assert lab.compare(run, WHOLE) == ["cell 0: KeyError: 'x'"]


@pytest.mark.browser
def test_figures_captions_and_claims_are_counted_in_outputs_alone(browser):
    def output(kind, html):
        return f'<div class="jp-OutputArea"><div data-mime-type="{kind}">{html}</div></div>'

    page = browser.new_page()
    drawn = io.BytesIO()
    Image.new("RGB", (2, 2)).save(drawn, "png")
    pixel = f"data:image/png;base64,{base64.b64encode(drawn.getvalue()).decode()}"
    page.set_content(
        output("image/png", f"<img src='{pixel}'>")
        + output("image/png", "<img src='data:,'>")
        + output("text/markdown", "<p><em>A caption.</em></p>")
        + output("text/markdown", "<p>A sentence with <em>stress</em>.</p>")
        + output("text/markdown", "<p>✓ A claim: 1 (at most 2)</p>")
        + output("text/plain", "<pre>a = 1</pre>")
        + "<p><em>Not in an output.</em></p>"
    )
    assert page.evaluate(lab.SHOWN) == [1, 1, 1]
    page.close()
