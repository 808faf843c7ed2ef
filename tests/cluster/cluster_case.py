"""What the tests of bench/cluster share: its modules, and made-up directories of runs."""

import json
import pathlib
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ".").resolve()
sys.path.insert(0, str(SOURCE / "bench/cluster"))

HEADER = ("event,seconds,rank,round,version,staleness,kind,steps,samples,compute_seconds,evaluation_seconds,data_seconds,"
          "train_loss,validation_loss,validation_accuracy,gate_z,gate_threshold,bytes_up,bytes_down")  # fmt: skip
PLATFORM = """<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1"><zone id="AS0" routing="Cluster">
 <host id="server" speed="16Gf"/>
 <host id="slow" speed="500Mf"/>
 <host id="fast" speed="1e1Gf"{straggler}/>
 <host id="as_fast" speed="10Gf"/>
</zone></platform>
"""
PLAN = """
platform = "four.xml"
seeds = [1, 2]
tuning_seeds = [101, 102, 103]
[grid]
learning_rates = [0.1, 0.2]
server_learning_rates = [0.5, 1.0]
[job.small]
config = "job.toml"
targets = [0.8, 0.9]
fixed_seconds = 5
max_seconds = 100
[[row]]
name = "barrier"
strategy = "bsp"
server_learning_rates = [1.0, 0.5]
[[row]]
name = "gate"
strategy = "hermes"
[[row]]
name = "coin"
strategy = "hermes"
rate_of = "gate"
set = { "strategy.hermes.gate" = "coin" }
[[row]]
name = "alone"
strategy = "bsp"
alone = true
max_seconds = 50
[[row]]
name = "own_rate"
strategy = "bsp"
set = { "train.optimizer.learning_rate" = 0.4 }
"""


class ClusterCase(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)

    def write(self, name, text):
        file = self.scratch / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def write_plan(self, text=PLAN, straggler=""):
        self.write("four.xml", PLATFORM.format(straggler=straggler))
        self.write("job.toml", 'name = "small"\n')
        return self.write("plan.toml", text)

    def write_run(self, directory, evaluations, **summary):
        """A finished run with such (seconds, accuracy, bytes up, bytes down) evaluations."""
        place = pathlib.Path(directory)
        place.mkdir(parents=True, exist_ok=True)
        lines = [HEADER, "report,0.5,1,1,0,0,push,4,64,0.4,0,0,1.5,,,,,50,0"]
        lines += [f"evaluation,{when},,,3,,,,,,,,,0.5,{accuracy},,,{up},{down}"
                  for when, accuracy, up, down in evaluations]  # fmt: skip
        (place / "metrics.csv").write_text("\n".join(lines) + "\n")
        facts = {
            "rounds": 8, "pushes": 2, "worker_independence": 4.0, "bytes_up": 3_000_000, "bytes_down": 1_000_000,
            "bytes_data": 0, "training_seconds": evaluations[-1][0], "test_accuracy": 0.7, "workers_lost": 0,
            "best_validation_accuracy": max(accuracy for _, accuracy, _, _ in evaluations),
            "rejected_updates": 0, "stop_reason": "target_accuracy",
        }  # fmt: skip
        (place / "summary.json").write_text(json.dumps({**facts, **summary}))


def main():
    unittest.main(argv=sys.argv)
