"""Every notebook, executed with its quick settings through the command line."""

import functools
import json
import os
import shutil

from course_utils import RECORD
import nbformat
import pytest

from conftest import ROOT, command
from course import lessons

pytestmark = pytest.mark.notebook
BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")

# What the curriculum promises that each lesson records.
RECORDS = {
    "01_pixel_regression": """
        recipe_mae_px recipe_final_mae_px recipe_fit_s lookup_mae_px recipe_quadrant_mae_px
        tuned_quadrant_mae_px coordconv_quadrant_mae_px softargmax_mae_px softargmax_max_px
        softargmax_quadrant_mae_px softargmax_params softargmax_fit_s readout_quadrant_mae_px""",
    "02_heatmap_regression": """
        brightest_mean_px matched_filter_mean_px bayes_mean_px direct_mean_px recipe_epoch_s
        recipe_projected_s recipe_first_px recipe_first_batch_px
        recipe_whole_epochs recipe_whole_mean_px heatmap_mean_px heatmap_mae_px
        heatmap_rmse_px heatmap_exact heatmap_params heatmap_fit_s""",
    "03_mnist_multi_output": """
        recipe_accuracy recipe_fit_s recipe_shifted_iou recipe_net_tight_iou accuracy mean_iou iou75
        iou90 fit_s""",
    "04_canvas_localization": """
        recipe_accuracy recipe_mean_iou recipe_part_accuracy recipe_part_mean_iou recipe_projected_s
        recipe_fit_s centroid_iou threshold_cluttered_iou visible_iou tile_accuracy tile_mean_iou
        tile_fit_s accuracy mean_iou iou50 iou75 iou90 joint75 fit_s flatten_accuracy
        flatten_mean_iou faint_iou""",
    "05_box_regression": """
        recipe_params recipe_mean_iou recipe_fit_s r6_params r6_mean_iou r6_fit_s r7_params
        r7_mean_iou r7_fit_s params mse_mean_iou smoothl1_mean_iou iou_mean_iou giou_mean_iou
        diou_mean_iou ciou_mean_iou mse_full_mean_iou rival_full_mean_iou best_mean_iou best_iou75
        fit_s flatten_mean_iou familiar_mean_iou harder_mean_iou mser_no_answer limit_iou""",
    "06_feature_pyramid": """
        recipe_params recipe_memory_gb r6_params r6_memory_gb r6_mean_iou fpn_params ar_single
        ar_small_single ar_finest ar_bottom_up ar_no_lateral ar_fpn ar_small_fpn ap_fpn ap50_fpn
        ap75_fpn recall50_fpn mser_ar limit_ar gain_as_it_is gain_small_field gain_one_norm
        gain_deeper gain_longer fit_s""",
    "07_region_proposals": """
        recipe_params recipe_mean_iou anchors anchors_reach best_anchor_iou positives_per_image
        recall50_at_32 recall50_at_100 ar_at_100 params fit_s ar_anchors ar_cells ar_points
        recall50_at_32_anchors recall50_at_32_cells recall50_at_32_points""",
    "08_two_stage_detector": """
        mser_ap ap ap50 ap75 ar ap_small ap_one_look ap_least ap_familiar ap_harder edge_error_px
        ap_single_stage ap_roipool ap_unmoved ap_oracle_boxes ap_oracle_classes ap_oracle_places
        calibration_error calibrated_error params fit_s detect_ms""",
    "09_your_own_pictures": """
        found_classical ap50_crops_3 ap50_crops_6 ap50_crops_12 ap50_boxes_0 ap50_boxes_1
        ap50_boxes_2 ap50_boxes_4 ap50_boxes_8 ap50_boxes_12 found_scratch_25 found_transfer_25
        hard_ap50 hard_ap50_classical ap50 ap75 own_ap50 params fit_s""",
    "A_the_exact_limit": """
        bayes_mode_px bayes_mean_place_px bayes_least_px calibration_error far_misses
        far_expected argmax_subpixel_rmse_px log_taylor_to_bound""",
}


def run_quick(name, out):
    """Run a lesson; its entry in results.json."""
    assert command("run", name, "--quick", "--out", out) == 0
    (result,) = json.loads((out / "results.json").read_text(encoding="utf-8"))
    return result


@pytest.fixture(scope="module")
def first_run():
    """A function of a lesson's name: what `run_quick` gave, and where; each lesson runs once.

    The notebooks stay in build/quick, where `make test` lets nbval execute them once more.
    """

    @functools.cache
    def run(name):
        out = ROOT / "build" / "quick" / name
        shutil.rmtree(out, ignore_errors=True)
        return run_quick(name, out), out

    return run


def numbers_and_figures(path):
    """Everything in a notebook's outputs that must come out the same again."""
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if RECORD in data:
                yield {k: v for k, v in data[RECORD].items() if not k.endswith(("_s", "_ms"))}
            if "image/png" in data:
                yield data["image/png"]


def test_there_is_an_entry_for_every_lesson():
    assert [path.stem for path in lessons.find_lessons()] == list(RECORDS)


@pytest.mark.parametrize("name", RECORDS)
def test_quick_run_records_what_it_promises(name, first_run):
    result, out = first_run(name)
    assert set(RECORDS[name].split()) <= result["metrics"].keys()
    assert (result["lesson"], result["seed"], result["quick"]) == (name, 0, True)
    assert result["claims"]
    assert result["seconds"] > 0
    assert {"python", "keras", BACKEND, "numpy"} <= result["versions"].keys()
    assert (out / f"{name}.html").exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["01_pixel_regression", "08_two_stage_detector"])
def test_one_seed_gives_the_same_numbers_and_the_same_figures(
    name, first_run, tmp_path, monkeypatch
):
    """Also with other hashes, in another time zone, and where text is ASCII."""
    _, out = first_run(name)
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    for name_of_locale in ("LC_ALL", "LANG"):
        monkeypatch.setenv(name_of_locale, "C")
    for switch in ("PYTHONUTF8", "PYTHONCOERCECLOCALE"):  # or Python takes UTF-8 all the same
        monkeypatch.setenv(switch, "0")
    run_quick(name, tmp_path)
    first, second = (
        list(numbers_and_figures(folder / f"{name}.ipynb")) for folder in (out, tmp_path)
    )
    assert len(first) > 10
    assert first == second


@pytest.mark.slow
@pytest.mark.parametrize("name", ["03", "04"])
def test_digits_without_mnist_and_without_a_network(name, tmp_path, monkeypatch):
    """In full on the bundled digits: the claims hold there within their own bounds."""
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "empty"))
    for proxy in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")
    assert command("run", name, "--out", tmp_path) == 0
    (result,) = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert result["digits"] == "sklearn"
    assert all(claim["passed"] for claim in result["claims"])
