"""bench/cluster: medians, ranges, missed targets and speed-ups of the tables."""

import types

import cluster_case
import tables

JOB = types.SimpleNamespace(targets=[0.8, 0.9], fixed_seconds=5, max_seconds=100)


def lines_of(row, times, **more):
    base = {"platform": "four", "job": "small", "row": row, "exit_code": 0, "program": "abc", "best_accuracy": 0.875}
    return [{**base, "seed": 1 + seed, "seconds_to_main": time, "learning_rate": 0.1, **more}
            for seed, time in enumerate(times)]  # fmt: skip


def cells(table, row):
    line = next(line for line in table.splitlines() if line.startswith(f"| {row} "))
    return [cell.strip() for cell in line.strip("|").split(" | ")]


class TablesTest(cluster_case.ClusterCase):
    def test_median_and_range(self):
        self.assertEqual(tables.to_target(lines_of("a", [12, 10, 30]), "seconds_to_main"), "12.0 [10.0-30.0]")
        self.assertEqual(tables.to_target(lines_of("a", [1234.4]), "seconds_to_main"), "1,234")

    def test_missed_target_is_worse_than_any_time(self):
        self.assertEqual(tables.to_target(lines_of("a", [None, 30, 10]), "seconds_to_main"), "30.0 [10.0-never] (2 of 3)")
        self.assertEqual(tables.to_target(lines_of("a", [None, 30, None]), "seconds_to_main"), "- (1 of 3)")
        self.assertEqual(tables.to_target(lines_of("a", [None, None]), "seconds_to_main"), "-")

    def test_row_without_success_stays_with_its_best_accuracy(self):
        rows = tables.by_row(lines_of("bsp_step", [40, 50, 60]) + lines_of("stuck", [None] * 3))
        stuck = cells(tables.time_table(rows, JOB), "stuck")
        self.assertEqual((stuck[3], stuck[5], stuck[-1]), ("-", "87.5 [87.5-87.5]", "-"))

    def test_speed_ups_are_taken_seed_by_seed(self):
        rows = tables.by_row(lines_of("bsp_step", [40, 100, 90]) + lines_of("quick", [10, 50, 30]))
        self.assertEqual(cells(tables.time_table(rows, JOB), "quick")[-1], "3.00 [2.00-4.00]")
        never = tables.by_row(lines_of("bsp_step", [None, 100, None]) + lines_of("quick", [10, 50, 30]))
        self.assertEqual(cells(tables.time_table(never, JOB), "quick")[-1], "∞")

    def test_failed_runs_are_counted(self):
        failed = [{**lines_of("a", [None])[0], "exit_code": 3}]
        self.assertIn("a (1 of 2 failed)", tables.time_table(tables.by_row(failed + lines_of("a", [5])), JOB))

    def test_early_end_makes_the_accuracy_at_the_fixed_time_a_lower_bound(self):
        lines = lines_of("a", [4], accuracy_at_fixed=0.9, ended_before_fixed=1)
        self.assertEqual(tables.accuracy_at_fixed(lines), "≥ 90.0")
        self.assertEqual(tables.accuracy_at_fixed([{**lines[0], "ended_before_fixed": 0}]), "90.0")

    def test_straggler_loss_compares_with_the_same_seed(self):
        lines = lines_of("a", [11, 24], undisturbed_seconds=10)
        lines[1]["undisturbed_seconds"] = 20
        lines += lines_of("a", [None])
        table = tables.straggler_table(tables.by_row(lines))
        self.assertEqual(cells(table, "a")[-1], "+15 [+10 to +20] (2 of 3)")


if __name__ == "__main__":
    cluster_case.main()
