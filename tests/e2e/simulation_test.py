"""The program on simulated clusters: jobs/simulate.sh repeats itself to the bit, charges what a
platform says, and returns honest exit codes. Skipped where SimGrid is not installed.

The simulator's build is made when it is missing (build/smpi).
"""

import contextlib
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import unittest

import e2e_case
import telemetry_readers

EVENTS = "events.out.tfevents.0.hermes"
PLATFORMS = ("paper12", "lan8", "wan16", "straggler8")


@unittest.skipUnless(shutil.which("smpirun"), "SimGrid is not installed")
class SimulationTest(e2e_case.E2eCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.script = cls.source / "jobs" / "simulate.sh"
        cls.platform = cls.source / "jobs" / "platforms" / "paper12.xml"

    def simulate(self, *arguments, options=("-n", 5), platform=None):
        command = [self.script, "--platform", platform or self.platform, *options, "--"]
        return self.run_command([*command, *arguments], limit_s=900)  # the first one builds

    def train(self, out, *arguments, options=("-n", 5), platform=None):
        result = self.simulate(
            "train", "small-run.toml", *arguments, "--out", out, "--quiet",
            options=options, platform=platform,
        )
        self.assert_ended_well(result)
        return self.summary(out)

    def digests(self, run):
        files = ("metrics.csv", "model.h5", "summary.json", "trace.json", EVENTS)
        return [hashlib.sha256((self.scratch / run / name).read_bytes()).hexdigest() for name in files]

    def assert_one_line(self, result, code, text):
        self.assertEqual(result.code, code, result)
        self.assertEqual(len(result.stderr.splitlines()), 1, result)
        self.assertIn(text, result.stderr)

    def test_the_same_run_twice_is_the_same_to_the_bit(self):
        for strategy in ("hermes", "bsp"):
            runs = [f"{strategy}-{turn}" for turn in (1, 2)]
            for run in runs:
                summary = self.train(
                    run, "--set", f"strategy.type={strategy}", "--set", "stop.max_rounds=40",
                    "--set", "telemetry.tensorboard=true",
                )  # fmt: skip
                trace = telemetry_readers.read_trace((self.scratch / run / "trace.json").read_text())
                telemetry_readers.check_trace(trace, 4)
                self.assertGreater(summary["merges"], 0)
                self.assertEqual(summary["workers"], 4)
                self.assertEqual(summary["workers_lost"], 0)
            self.assertEqual(*map(self.digests, runs), strategy)

    def test_a_run_with_faults_repeats_itself_too(self):
        plan = "".join(f"[[fault]]\n{keys}\n" for keys in (
            'rank = 1\nkind = "kill"\nat_round = 5',
            'rank = 2\nkind = "freeze"\nat_seconds = 0.5\nseconds = 1.5',
            'rank = 3\nkind = "cut"\nat_round = 8\nseconds = 0.2',
            'rank = 3\nkind = "malformed"\nat_round = 12',
            'rank = 4\nkind = "non_finite"\nat_round = 6',
            'rank = 4\nkind = "slow"\nat_round = 2\nseconds = 0.5\nfactor = 3',
        ))  # fmt: skip
        liveness = "[liveness]\nheartbeat_seconds = 0.1\nworker_timeout_seconds = 1.0\n"
        (self.scratch / "faulty.toml").write_text(e2e_case.SMALL_RUN + liveness + plan)
        for strategy in ("hermes", "bsp"):
            for run in (runs := [f"faulty-{strategy}-{turn}" for turn in (1, 2)]):
                result = self.simulate("train", "faulty.toml", "--set", f"strategy.type={strategy}", "--set",
                                       "stop.max_rounds=200", "--set", "telemetry.tensorboard=true", "--out", run,
                                       "--quiet")  # fmt: skip
                self.assert_ended_well(result)
                summary = self.summary(run)
                self.assertEqual((summary["workers_lost"], summary["workers_returned"]), (2, 1))
            self.assertEqual(*map(self.digests, runs), strategy)

    def test_a_host_alone_trains_as_fast_as_the_platform_says(self):
        seconds = {}
        for host in ("w01", "w12"):
            summary = self.train(f"alone-{host}", options=("--host", host))
            self.assertEqual(summary["strategy"], "sequential")
            (worker,) = summary["worker_table"]
            seconds[host] = worker["compute_seconds"]
            self.assertGreater(summary["seconds"], seconds[host])
        self.assertAlmostEqual(seconds["w01"] / seconds["w12"], 16 / 1.4, delta=0.05)

    def test_a_push_takes_the_way_up(self):
        """20 Mbit/s from a worker, 100 Mbit/s towards it, 10 ms and the server's half each way."""
        model = (self.scratch / "small.toml").read_text().replace("units = 12", "units = 128")
        (self.scratch / "wide.toml").write_text(model)
        fast = ("--set", "stop.max_rounds=21", "--set", "strategy.type=bsp")
        summary = self.train(
            "push", "--set", "model.file=wide.toml", *fast, options=("-n", 2)
        )
        payload = 4 * (784 * 128 + 128 + 128 * 10 + 10)
        bytes_up = summary["bytes_up"]
        self.assertGreater(bytes_up, 20 * payload)
        up, down, latency = payload * 8 / 20e6, payload * 8 / 100e6, 2 * 0.0105
        (worker,) = summary["worker_table"]
        on_wire = worker["wire_seconds"] / 20
        self.assertAlmostEqual(on_wire, up + down + latency, delta=0.25 * (up + down + latency))

    def test_every_platform_runs(self):
        for name in PLATFORMS:
            platform = self.source / "jobs" / "platforms" / f"{name}.xml"
            self.assertGreater(self.train(name, platform=platform)["rounds"], 0)
        made = self.run_command([self.source / "jobs" / "platforms" / "scale.py", 3])
        (self.scratch / "scale.xml").write_text(made.stdout)
        summary = self.train("scale", platform="scale.xml", options=())
        self.assertEqual(summary["workers"], 3)

    def test_bad_input_is_one_line_and_code_2(self):
        self.assert_one_line(self.simulate("train", "none.toml"), 2, "none.toml")
        bad_key = self.simulate("train", "small-run.toml", "--set", "strategy.type=none")
        self.assert_one_line(bad_key, 2, "strategy.type")
        for options, platform, text in (
            ((), "none.xml", "no such file: none.xml"),
            (("-n", 14), None, "13 hosts"),
            (("-n", "x"), None, "positive number"),
            (("--host", "w77"), None, "no host 'w77'"),
            (("--speed", 2), None, "'--speed'"),
        ):
            result = self.simulate("train", "small-run.toml", options=options, platform=platform)
            self.assert_one_line(result, 2, text)
        self.assert_one_line(self.simulate("plan", "small-run.toml"), 2, "train")

    def test_a_platform_that_the_simulator_refuses_is_a_failure(self):
        text = self.platform.read_text().replace('routing="Cluster"', 'routing="Star"')
        (self.scratch / "star.xml").write_text(text)
        result = self.simulate("train", "small-run.toml", platform="star.xml")
        self.assertEqual(result.code, 3, result)
        self.assertIn("simulate.sh: rank 0 ended without a result", result.stderr)

    def test_nothing_goes_on_when_the_script_is_ended(self):
        command = [
            self.script, "--platform", self.platform, "--", "train", "small-run.toml", "--out", "ended",
            "--set", "train.epochs_per_round=200", "--set", "stop.max_rounds=100000000",
            "--set", "stop.max_seconds=100000",  # most of the time a worker computes, and hears a signal
        ]  # fmt: skip
        process = subprocess.Popen(
            list(map(str, command)), cwd=self.scratch, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.addCleanup(lambda: [os.kill(one, signal.SIGKILL) for one in self.simulators_in(self.scratch)])
        metrics = self.scratch / "ended" / "metrics.csv"
        self.wait_until(lambda: metrics.exists() and "report" in metrics.read_text(), "a round", process=process)
        process.terminate()
        self.assertEqual(process.wait(timeout=60), 143)
        self.wait_until(lambda: not self.simulators_in(self.scratch), "the simulator's end")

    @staticmethod
    def simulators_in(directory):
        """Processes of the simulator that work in a directory."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                words = (process / "cmdline").read_bytes()
                if b"smpimain" in words and (process / "cwd").readlink() == directory.resolve():
                    found.append(int(process.name))
        return found


if __name__ == "__main__":
    e2e_case.main()
