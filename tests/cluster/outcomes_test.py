"""bench/cluster: times and bytes to targets out of a run directory, and results.csv there and back."""

import cluster_case
import outcomes
import plans

MB = 1_000_000
NOTE = {"exit_code": 0, "real_seconds": 2.5, "program": "abc"}


class OutcomesTest(cluster_case.ClusterCase):
    def outcome(self, evaluations, **summary):
        job = plans.read_plan(self.write_plan()).jobs["small"]
        self.write_run(self.scratch / "run", evaluations, **summary)
        return outcomes.read_outcome(self.scratch / "run", NOTE, job)

    def test_first_evaluation_at_a_target_counts(self):
        found = self.outcome([(1, 0.5, MB, 0), (2, 0.8, 2 * MB, MB), (3, 0.79, 3 * MB, MB), (7, 0.95, 5 * MB, 2 * MB)])
        self.assertEqual((found["seconds_to_easy"], found["megabytes_to_easy"]), (2, 3))
        self.assertEqual((found["seconds_to_main"], found["megabytes_to_main"]), (7, 7))
        self.assertEqual((found["accuracy_at_fixed"], found["ended_before_fixed"]), (0.8, 0))
        self.assertEqual((found["iterations"], found["push_rate"], found["megabytes_up"]), (8, 0.25, 3))

    def test_missed_target_has_no_time(self):
        found = self.outcome([(1, 0.5, 0, 0), (4, 0.85, 0, 0)])
        self.assertEqual((found["seconds_to_easy"], found["seconds_to_main"]), (4, None))
        self.assertEqual(found["ended_before_fixed"], 1)

    def test_failed_run_is_only_that(self):
        job = plans.read_plan(self.write_plan()).jobs["small"]
        found = outcomes.read_outcome(self.scratch / "nothing", {**NOTE, "exit_code": 3}, job)
        self.assertEqual(found, {**NOTE, "exit_code": 3})

    def test_results_come_back_as_they_were(self):
        lines = [{"row": "gate", "seed": 1, "seconds_to_main": 1234.5678, "seconds_to_easy": None, "program": "0123"}]
        outcomes.write_results(self.scratch / "results.csv", lines)
        (back,) = outcomes.read_results(self.scratch / "results.csv")
        self.assertEqual({key: back[key] for key in lines[0]}, {**lines[0], "seconds_to_main": 1234.568})


if __name__ == "__main__":
    cluster_case.main()
