"""bench/cluster: plans, grids and platforms are read right, and mistakes are named."""

import cluster_case
import plans
import platforms
from cluster_case import PLAN


class PlansTest(cluster_case.ClusterCase):
    def assert_refused(self, text, words):
        with self.assertRaisesRegex(plans.PlanError, words):
            plans.read_plan(self.write_plan(text))

    def test_grid_has_server_rates_only_for_rows_that_have_them(self):
        plan = plans.read_plan(self.write_plan())
        rate, server = plans.LEARNING_RATE, "strategy.bsp.server_learning_rate"
        barrier = [{rate: 0.1, server: 1.0}, {rate: 0.2, server: 1.0}, {rate: 0.1, server: 0.5}, {rate: 0.2, server: 0.5}]
        self.assertEqual(plan.grid_of(plan.row("barrier")), barrier)
        self.assertEqual(plan.grid_of(plan.row("gate")), [{rate: 0.1}, {rate: 0.2}])

    def test_paths_are_relative_to_the_plan(self):
        plan = plans.read_plan(self.write_plan())
        self.assertEqual(plan.platform, self.scratch.resolve() / "four.xml")
        self.assertEqual(plan.jobs["small"].config, self.scratch.resolve() / "job.toml")

    def test_mistakes_are_named(self):
        self.assert_refused(PLAN.replace("max_seconds = 50", "max_second = 50"), "found 'max_second'")
        self.assert_refused(PLAN.replace('name = "coin"', 'name = "gate"'), "row 'gate' is there twice")
        self.assert_refused(PLAN.replace("[0.8, 0.9]", "[0.9, 0.8]"), "rising accuracies")
        self.assert_refused(PLAN.replace("[1.0, 0.5]", "[1.0, 0.6]"), "row 'barrier'.*expected the grid's")
        self.assert_refused(PLAN.replace("seeds = [1, 2]", "seeds = [1, 103]"), "tuning_seeds.*103")
        self.assert_refused(PLAN.replace("targets", "target"), "found 'target'")

    def test_every_plan_of_the_folder_can_be_read(self):
        files = sorted((cluster_case.SOURCE / "bench/cluster").glob("*.toml"))
        self.assertTrue(files)
        for file in files:
            with self.subTest(plan=file.name):
                for job in plans.read_plan(file).jobs.values():
                    self.assertTrue(job.config.is_file(), job.config)


class PlatformsTest(cluster_case.ClusterCase):
    def test_fastest_worker_is_the_first_of_the_fastest_and_not_the_server(self):
        self.write_plan()
        platform = platforms.Platform(self.scratch / "four.xml")
        self.assertEqual(platform.speeds, {"server": 16e9, "slow": 5e8, "fast": 1e10, "as_fast": 1e10})
        self.assertEqual(platform.fastest_worker(), "fast")
        self.assertIsNone(platform.straggler)

    def test_straggler_is_removed_or_slows_down_when_told(self):
        self.write_plan(straggler=' speed_file="falls.txt"')
        self.write("falls.txt", "# a tenth\n0.0 1.0\n60 0.1\n")
        platform = platforms.Platform(self.scratch / "four.xml")
        self.assertEqual(platform.straggler, "fast")
        self.assertEqual(platform.fastest_worker(), "as_fast")
        self.assertEqual(platform.undisturbed(), cluster_case.PLATFORM.format(straggler=""))
        place = self.scratch / "copy"
        place.mkdir()
        copy = platforms.Platform(platform.disturbed(place, 12.5))
        self.assertEqual((place / copy.speed_file).read_text(), "0.0 1.0\n12.5 0.1\n")
        self.assertEqual(copy.speeds, platform.speeds)

    def test_speeds_without_a_unit_are_refused(self):
        self.write("four.xml", cluster_case.PLATFORM.format(straggler="").replace("500Mf", "fast"))
        with self.assertRaisesRegex(plans.PlanError, "expected something like '10Gf', found 'fast'"):
            platforms.Platform(self.scratch / "four.xml")


if __name__ == "__main__":
    cluster_case.main()
