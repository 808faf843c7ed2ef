"""What takes longer than a test may: many runs that are harmed at random moments (soak.py: one long run).

    python3 -B tests/e2e/endurance.py HERMES SOURCE_DIR [EnduranceTest.test_...]      (tests/endurance.sh: all of it)

HERMES_RUNS (default 6) says how many runs each makes, HERMES_SEED what is random, HERMES_DATA (a file of
Fashion-MNIST, 10,000 test rows) makes accuracies worth comparing. Each prints a line per run and a row for
a table, and goes on to the next run when one ends otherwise than it should. HERMES_PATIENCE=N: a machine
that is so busy that everything may take N times as long.
"""

import os
import random
import re
import signal
import statistics
import time

import e2e_case
import faults_test
import gate_replay

RUNS = int(os.environ.get("HERMES_RUNS", "6"))
SEED = int(os.environ.get("HERMES_SEED", str(random.randrange(10**6))))
DATA = os.environ.get("HERMES_DATA")
WORKERS = 4
ROUNDS = 150 if DATA else 60
POINT = 0.0101  # of accuracy; the small data set has 200 test rows
CALM_SECONDS = 8  # of a run whose worker freezes
UNHARMED = 5  # runs whose median accuracy others are compared with

# Without this, equal runs of hermes differ by half a point.
SETTLING = 'minibatch = 16\nschedule = { type = "cosine", total_steps = 12000, floor = 0.02 }'

WIDE_MODEL = e2e_case.SMALL_MODEL.replace("units = 12", "units = 256")  # 0.8 MB of parameters


LARGE_AND_SLOW = ["liveness.worker_timeout_seconds=20", "liveness.server_timeout_seconds=60"]


class Table:
    """What became of the runs of a test."""

    def __init__(self, title):
        self.title = title
        self.codes = []
        self.numbers = {}

    def add(self, out, said, code, **numbers):
        self.codes.append(code)
        for name, number in numbers.items():
            self.numbers.setdefault(name, []).append(number)
        told = ", ".join(f"{name} {number:.3f}" for name, number in numbers.items())
        print(f"{out}: {said}: code {code}, {told}", flush=True)

    def show(self):
        codes = ", ".join(f"{self.codes.count(code)} x {code}" for code in sorted(set(self.codes)))
        print(f"== {self.title}: {len(self.codes)} runs, exit codes {codes}", flush=True)
        for name, found in self.numbers.items():
            print(f"==   {name}: min {min(found):.3f}, median {statistics.median(found):.3f}, max {max(found):.3f}", flush=True)


class EnduranceTest(e2e_case.E2eCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if DATA:
            run = e2e_case.SMALL_RUN.replace("small.h5", os.path.abspath(DATA)).replace("validation = 100", "validation = 5000")
            run = run.replace("small.toml", str(cls.source / "models/mlp.toml")).replace("evaluation_rows = 100", "evaluation_rows = 500")
            run = run.replace("minibatch = 8", SETTLING).replace("initial_rows = 120", "initial_rows = 2500")
            (cls.scratch / "small-run.toml").write_text(run)

    def setUp(self):
        self.random = random.Random(SEED)
        print(f"\nHERMES_SEED={SEED}", flush=True)

    def table(self, title):
        table = Table(title)
        self.addCleanup(table.show)
        return table

    def start(self, strategy, out, *settings, network="shm"):
        settings = [f"stop.max_rounds={ROUNDS}", *settings]
        return faults_test.Job(self, strategy, out, settings, ["-b", network], WORKERS)

    def resume(self, strategy, out, *settings):
        every = [*faults_test.SETTINGS, f"strategy.type={strategy}", f"stop.max_rounds={ROUNDS}", *settings]
        words = [word for setting in every for word in ("--set", setting)]
        return self.launch(1 + WORKERS, "train", "small-run.toml", "--out", out, *words, "--resume")

    def wait_some_rounds(self, job):
        """Until somewhere within a random one of the rounds that are left; False when the run ends before."""
        aim = self.random.randrange(4, ROUNDS - 8)
        try:
            job.wait_until(lambda: max(job.rounds().values()) >= aim, f"round {aim}")
        except e2e_case.EndedEarly:
            return False
        time.sleep(self.random.uniform(0, 0.02))
        return job.process.poll() is None

    def wait_for_saved_updates(self, job):
        log = self.scratch / job.out / "hermes.log"
        job.wait_until(lambda: re.search(r"h5: version [1-9]", log.read_text()), "a checkpoint with updates in it")

    def accuracy(self, out):
        return self.summary(out)["test_accuracy"]

    def log_end(self, out):
        return "".join(f"\n{line}" for line in (self.scratch / out / "hermes.log").read_text().splitlines()[-40:])

    def reports(self, out):
        return [row for row in self.metrics(out) if row["event"] == "report"]

    def expect_unbroken_rounds(self, out):
        """Of each worker every round, once and in order, but for those that a busy machine made late."""
        missing = 0
        for rank in map(str, range(1, WORKERS + 1)):
            rounds = [int(row["round"]) for row in self.reports(out) if row["rank"] == rank]
            self.assertEqual(rounds, sorted(set(rounds)), f"rounds of worker {rank}")
            missing += rounds[-1] - len(rounds)
        self.assertLessEqual(missing, self.summary(out)["rejected_reports"].get("late", 0))

    def unharmed(self, network, limit):
        """The median accuracy of runs that nothing happens to."""
        table, found = self.table(f"unharmed, {network}, {limit}"), []
        for run in range(min(UNHARMED, RUNS)):
            out, begin = f"whole-{network}-{limit}-{run}", time.monotonic()
            result = faults_test.Job(self, "hermes", out, [limit], ["-b", network], WORKERS).wait()
            self.assertEqual(result.code, 0, result)
            found.append(self.accuracy(out))
            table.add(out, "unharmed", result.code, accuracy=found[-1], seconds=time.monotonic() - begin)
        return statistics.median(found)

    def test_a_killed_worker_never_ends_a_run(self):
        for network in ("shm", "tcp"):
            unharmed = self.unharmed(network, f"stop.max_rounds={ROUNDS}")
            table = self.table(f"one of {WORKERS} workers killed, {network}")
            for run in range((RUNS + 1) // 2):
                out, victim = f"killed-{network}-{run}", self.random.randrange(1, WORKERS + 1)
                with self.subTest(out=out):
                    begin = time.monotonic()
                    job = self.start("hermes", out, network=network)
                    harmed = self.wait_some_rounds(job)
                    try:
                        if harmed:
                            job.send(victim, signal.SIGKILL)
                    except ProcessLookupError:  # it was done just then
                        harmed = False
                    result = job.wait()
                    self.assertEqual(result.code, 0, f"{result}{self.log_end(out)}")
                    table.add(out, f"worker {victim} killed" if harmed else "ended before", result.code,
                              accuracy=self.accuracy(out), seconds=time.monotonic() - begin)  # fmt: skip
                    self.assertLess(abs(self.accuracy(out) - unharmed), POINT)

    def freeze(self, victim, out, network, limit):
        """A run of `limit` seconds whose worker is frozen until it is lost, and is taken back."""
        job = faults_test.Job(self, "hermes", out, [f"stop.max_seconds={limit}"], ["-b", network], WORKERS)
        time.sleep(self.random.uniform(0, 1))
        job.send(victim, signal.SIGSTOP)
        try:
            job.wait_for_log(f"worker {victim} lost")
        finally:
            job.send(victim, signal.SIGCONT)
        job.wait_for_log(f"worker {victim} is back")
        job.wait_for_more_rounds_of([victim])
        return job.wait()

    def test_a_frozen_worker_comes_back(self):
        for network in ("shm", "tcp"):
            unharmed = self.unharmed(network, f"stop.max_seconds={CALM_SECONDS}")
            table = self.table(f"one of {WORKERS} workers frozen until it is lost, {network}")
            for run in range((RUNS + 1) // 2):
                out, victim = f"frozen-{network}-{run}", self.random.randrange(1, WORKERS + 1)
                with self.subTest(out=out):
                    begin = time.monotonic()
                    try:
                        result = self.freeze(victim, out, network, CALM_SECONDS)
                    except e2e_case.EndedEarly:  # a busy machine: once more, with more time
                        out += "-again"
                        result = self.freeze(victim, out, network, 40)
                    self.assertEqual(result.code, 0, f"{result}{self.log_end(out)}")
                    summary = self.summary(out)
                    table.add(out, f"worker {victim} frozen, lost, back", result.code, accuracy=self.accuracy(out),
                              seconds=time.monotonic() - begin, returned=summary["workers_returned"])  # fmt: skip
                    self.assertEqual(summary["worker_table"][victim - 1]["state"], "left", "in the roster at the end")
                    self.assertLess(abs(self.accuracy(out) - unharmed), POINT)

    def kill_server(self, out, strategy, table):
        job = self.start(strategy, out, "checkpoint.every_seconds=0.05", f"stop.max_rounds={2 * ROUNDS}")
        harmed = self.wait_some_rounds(job)
        self.wait_for_saved_updates(job)
        begin = time.monotonic()
        if harmed:
            job.send(0, signal.SIGKILL)
        result = job.wait()
        alone = time.monotonic() - begin
        if harmed:
            self.assertEqual(result.code, 70, result)
            lines = [line for line in result.stderr.splitlines() if line.startswith("hermes:")]
            self.assertEqual(len(lines), WORKERS, result)
            for line in lines:
                self.assertRegex(line, r"^hermes: rank \d+: stopped: .*silent")
        before = self.reports(out)
        result = self.resume(strategy, out, f"stop.max_rounds={2 * ROUNDS}")
        self.assertEqual(result.code, 0, result)
        goes_on = re.search(r"goes on from version (\d+)", result.stdout)
        self.assertTrue(goes_on, result)
        table.add(out, f"{strategy}, server {'killed' if harmed else 'done'}, {len(before)} rounds there, {goes_on.group(0)}",
                  result.code, accuracy=self.accuracy(out), workers_alone=alone)  # fmt: skip
        return int(goes_on.group(1))

    def expect_nothing_lost(self, out, strategy, version):
        """What was in the checkpoint is in the run; versions count on, gates decide as if nothing had been."""
        self.expect_unbroken_rounds(out)
        reports, summary = self.reports(out), self.summary(out)
        self.assertGreaterEqual(summary["rounds"], len(reports))  # the last may have come too late
        self.assertGreaterEqual(summary["merges"], version)
        pushes = sum(row["kind"] == "push" for row in reports)
        if strategy != "bsp":  # each push is a version
            self.assertEqual(summary["merges"], pushes)
        for rank in map(str, range(1, WORKERS + 1)):
            bases = [int(row["version"]) for row in reports if row["rank"] == rank]
            self.assertEqual(bases, sorted(bases), f"versions of worker {rank}")
        if strategy == "hermes":
            self.assertEqual(gate_replay.differences(reports), [])

    def test_a_killed_server_loses_nothing_that_was_saved(self):
        self.assertEqual(self.start("bsp", "whole", f"stop.max_rounds={2 * ROUNDS}").wait().code, 0)
        model = (self.scratch / "whole/model.h5").read_bytes()
        table = self.table("server killed, run resumed")
        for run in range(RUNS):
            strategy = ("bsp", "hermes", "asp")[run % 3]
            out = f"server-{run}"
            with self.subTest(out=out, strategy=strategy):
                version = self.kill_server(out, strategy, table)
                self.expect_nothing_lost(out, strategy, version)
                if strategy == "bsp":
                    self.assertEqual((self.scratch / out / "model.h5").read_bytes(), model)

    def test_a_checkpoint_is_whole_or_absent(self):
        """The server is killed as soon as a file is there that is not whole yet."""
        (self.scratch / "wide.toml").write_text(WIDE_MODEL)
        table = self.table("server killed while it writes a checkpoint")
        for run in range(RUNS):
            strategy = ("bsp", "hermes", "asp")[run % 3]
            out = f"torn-{run}"
            with self.subTest(out=out, strategy=strategy):
                settings = ["checkpoint.every_seconds=0.001", "model.file=wide.toml", *LARGE_AND_SLOW]
                job = self.start(strategy, out, *settings, "stop.max_rounds=1000000")
                place = self.scratch / out / "checkpoints"
                self.wait_for_saved_updates(job)
                time.sleep(self.random.uniform(0, 0.2))
                deadline = time.monotonic() + 10
                while not any(place.glob("*.tmp")) and time.monotonic() < deadline:
                    pass
                time.sleep(self.random.uniform(0, 0.004))
                for rank in range(1 + WORKERS):  # the server first
                    job.send(rank, signal.SIGKILL)
                job.wait()
                files, torn = list(place.glob("*.h5")), list(place.glob("*.tmp"))
                unreadable = sum(self.run_hermes("inspect", file).code != 0 for file in files)
                until = max(job.rounds().values()) + 20  # there is time for a checkpoint
                result = self.resume(strategy, out, *settings, f"stop.max_rounds={until}")
                table.add(out, strategy, result.code, checkpoints=len(files), torn=len(torn), unreadable=unreadable)
                self.assertEqual((result.code, unreadable), (0, 0), result)
                self.assertIn("goes on from version", result.stdout)
                self.assertNotIn("cannot be used", result.stdout + result.stderr)
                self.assertEqual(list(place.glob("*.tmp")), [], "what was torn stays for ever")


if __name__ == "__main__":
    e2e_case.main()
