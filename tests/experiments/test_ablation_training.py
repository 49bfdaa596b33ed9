"""The experiment that is read on the way: one epoch of all images at lite, two pairs of equal length."""

from dataclasses import replace

from harness.analysis.differences import pairs
from harness.papers.dct_snn.experiments.ablation_interleaved import EXPERIMENT as INTERLEAVED
from harness.papers.dct_snn.experiments.ablation_training import EXPERIMENT
from harness.papers.dct_snn.experiments.vgg import LITE
from harness.training.snn import readings


def test_cyclic_is_compared_with_interleaved_at_each_length() -> None:
    equal = [(a.name, b.name, a.timesteps) for a, b in pairs(EXPERIMENT.arms) if a.timesteps == b.timesteps]
    assert equal == [("cyclic-16x3", "interleaved-16x3", 48), ("cyclic-8x3", "interleaved-8x3", 24)]


def test_a_cell_differs_from_that_of_lite_in_images_and_readings_alone() -> None:
    profile = EXPERIMENT.profile("lite")
    for arm in EXPERIMENT.arms:
        mine = EXPERIMENT.resolve(arm, profile, 1)
        assert (mine.snn.images, mine.snn.epochs, mine.snn.readings, mine.test_images) == (None, 1, (0.125, 0.5), None)
        snn = replace(mine.snn, images=LITE.snn.images, readings=())
        back = replace(mine, experiment=INTERLEAVED.name, snn=snn, test_images=LITE.test_images)
        assert back == INTERLEAVED.resolve(INTERLEAVED.arm(arm.name), LITE, 1)
    assert profile.seeds == 3


def test_each_profile_reads_at_two_steps_of_its_own() -> None:
    for profile, images in (("smoke", 256), ("lite", 50_000)):
        found = readings(EXPERIMENT.profile(profile).snn, images)
        assert sorted(found.values()) == ["0.125", "0.5"]
