"""bench/cluster: a run is made once, made again when anything about it changes, and fails honestly."""

import json
import os

import cluster_case
import runs

STUB = """#!/bin/sh
echo "$@" >> {calls}
exit {code}
"""


class RunsTest(cluster_case.ClusterCase):
    def setUp(self):
        super().setUp()
        self.write_plan()
        self.calls = self.scratch / "calls"
        self.stub(0)

    def stub(self, code):
        runs.SIMULATE = self.write("simulate.sh", STUB.format(calls=self.calls, code=code))
        os.chmod(runs.SIMULATE, 0o755)

    def run_of(self, settings=None, host=None):
        place = self.scratch / "runs/a"
        return runs.Run(self.scratch / "four.xml", self.scratch / "job.toml", settings or {"seed": 1}, place, host)

    def make(self, run):
        return runs.make(run, say=lambda *words, **more: None)

    def call_count(self):
        return len(self.calls.read_text().splitlines()) if self.calls.exists() else 0

    def test_command_names_platform_host_and_settings(self):
        self.make(self.run_of({"seed": 7, "strategy.hermes.overlap": True}, host="fast"))
        expected = (f"--no-build --platform {self.scratch}/four.xml --host fast -- train {self.scratch}/job.toml "
                    f"--set seed=7 --set strategy.hermes.overlap=true --out {self.scratch}/runs/a --quiet")  # fmt: skip
        self.assertEqual(self.calls.read_text().strip(), expected)

    def test_finished_run_is_not_made_again(self):
        first = self.make(self.run_of())
        self.assertEqual(self.make(self.run_of()), first)
        self.assertEqual(self.call_count(), 1)

    def test_other_settings_platform_job_or_host_make_it_again(self):
        self.make(self.run_of())
        self.make(self.run_of({"seed": 2}))
        self.write("four.xml", cluster_case.PLATFORM.format(straggler="").replace("16Gf", "17Gf"))
        self.make(self.run_of({"seed": 2}))
        self.write("job.toml", 'name = "other"\n')
        self.make(self.run_of({"seed": 2}))
        self.make(self.run_of({"seed": 2}, host="slow"))
        self.write("straggler.speed", "0 1\n5 0.1\n")
        self.make(self.run_of({"seed": 2}, host="slow"))
        self.assertEqual(self.call_count(), 6)

    def test_failed_run_is_told_and_tried_again(self):
        self.stub(3)
        said = []
        note = runs.make(self.run_of(), say=lambda text, **more: said.append(text))
        self.assertEqual(note["exit_code"], 3)
        self.assertIn("exit code 3, see", said[0])
        self.assertEqual(json.loads((self.scratch / "runs/a/experiment.json").read_text())["exit_code"], 3)
        self.stub(0)
        self.assertEqual(self.make(self.run_of())["exit_code"], 0)

    def test_interrupted_run_is_made_again(self):
        self.write_run(self.scratch / "runs/a", [(1, 0.5, 0, 0)])
        self.make(self.run_of())
        self.assertEqual(self.call_count(), 1)
        self.assertFalse((self.scratch / "runs/a/metrics.csv").exists())


if __name__ == "__main__":
    cluster_case.main()
