"""What takes longer than a test may: many runs that are harmed at random moments, and one long run.

    python3 -B tests/e2e/endurance.py HERMES SOURCE_DIR [EnduranceTest.test_...]

HERMES_RUNS (default 6) says how many runs each of the first four makes, HERMES_SOAK_SECONDS (default 60)
how long the last one lasts, HERMES_SEED what is random. Each prints a line per run, and fails at the
first that ends otherwise than it should.
"""

import os
import random
import signal
import time

import e2e_case
import faults_test

RUNS = int(os.environ.get("HERMES_RUNS", "6"))
SOAK_SECONDS = float(os.environ.get("HERMES_SOAK_SECONDS", "60"))
SEED = int(os.environ.get("HERMES_SEED", str(random.randrange(10**6))))
WORKERS = 4
SOAK_WORKERS = 8
ROUNDS = 60


class EnduranceTest(e2e_case.E2eCase):
    def setUp(self):
        self.random = random.Random(SEED)
        print(f"\nHERMES_SEED={SEED}", flush=True)

    def start(self, strategy, out, *settings, network="shm"):
        settings = [f"stop.max_rounds={ROUNDS}", *settings]
        return faults_test.Job(self, strategy, out, settings, ["-b", network], WORKERS)

    def resume(self, strategy, out, *settings):
        every = [*faults_test.SETTINGS, f"strategy.type={strategy}", f"stop.max_rounds={ROUNDS}", *settings]
        words = [word for setting in every for word in ("--set", setting)]
        return self.launch(1 + WORKERS, "train", "small-run.toml", "--out", out, *words, "--resume")

    def wait_some_rounds(self, job):
        """Until a random one of the rounds that are left, if the run gets there."""
        aim = self.random.randrange(4, ROUNDS - 4)
        try:
            job.wait_until(lambda: max(job.rounds().values()) >= aim, f"round {aim}")
        except e2e_case.EndedEarly:
            pass
        return aim

    def accuracy(self, out):
        return self.summary(out)["test_accuracy"]

    def test_a_killed_worker_never_ends_a_run(self):
        for network in ("shm", "tcp"):
            whole = self.start("hermes", f"whole-{network}", network=network).wait()
            self.assertEqual(whole.code, 0, whole)
            for run in range((RUNS + 1) // 2):
                out, victim = f"killed-{network}-{run}", self.random.randrange(1, WORKERS + 1)
                job = self.start("hermes", out, network=network)
                aim = self.wait_some_rounds(job)
                job.send(victim, signal.SIGKILL)
                result = job.wait()
                print(f"{out}: worker {victim} killed in round {aim}: code {result.code}, "
                      f"accuracy {self.accuracy(out)}", flush=True)  # fmt: skip
                self.assertEqual(result.code, 0, result)
                self.assertLess(abs(self.accuracy(out) - self.accuracy(f"whole-{network}")), 0.0101)

    def test_a_frozen_worker_comes_back(self):
        for run in range(RUNS):
            out, victim = f"frozen-{run}", self.random.randrange(1, WORKERS + 1)
            job = faults_test.Job(self, "hermes", out, ["stop.max_seconds=60"], workers=WORKERS)
            time.sleep(self.random.uniform(0, 1))
            job.send(victim, signal.SIGSTOP)
            job.wait_for_log(f"worker {victim} lost")
            job.send(victim, signal.SIGCONT)
            job.wait_for_log(f"worker {victim} is back")
            job.wait_for_more_rounds_of([victim])
            job.interrupt()
            result = job.wait()
            print(f"{out}: worker {victim} frozen, lost, back: code {result.code}", flush=True)
            self.assertEqual(result.code, 75, result)

    def test_a_killed_server_loses_nothing_that_was_saved(self):
        self.assertEqual(self.start("bsp", "whole").wait().code, 0)
        model = (self.scratch / "whole/model.h5").read_bytes()
        for run in range(RUNS):
            strategy = ("bsp", "hermes", "asp")[run % 3]
            out = f"server-{run}"
            job = self.start(strategy, out, "checkpoint.every_seconds=0.05")
            aim = self.wait_some_rounds(job)
            job.send(0, signal.SIGKILL)
            job.wait()
            result = self.resume(strategy, out)
            reports = [row for row in self.metrics(out) if row["event"] == "report"]
            rows = [(row["rank"], row["round"]) for row in reports]
            goes_on = "goes on from version" in result.stdout
            print(f"{out}: {strategy}, server killed in round {aim}: resumed {goes_on}, code {result.code}, "
                  f"accuracy {self.accuracy(out)}", flush=True)  # fmt: skip
            self.assertEqual(result.code, 0, result)
            self.assertEqual(len(rows), len(set(rows)), "a round is there twice")
            if strategy == "bsp":
                self.assertEqual((self.scratch / out / "model.h5").read_bytes(), model)

    def test_a_checkpoint_is_whole_or_absent(self):
        for run in range(RUNS):
            out = f"torn-{run}"
            job = self.start("bsp", out, "checkpoint.every_seconds=0.001", "stop.max_rounds=1000000")
            place = self.scratch / out / "checkpoints"
            job.wait_until(lambda: place.exists() and any(place.iterdir()), "a checkpoint")
            time.sleep(self.random.uniform(0, 0.2))
            job.send(0, signal.SIGKILL)
            job.wait()
            files = sorted(place.glob("checkpoint-*.h5"))
            read = [self.run_hermes("inspect", file).code for file in files]
            print(f"{out}: {len(files)} checkpoints, {len(list(place.iterdir())) - len(files)} torn: {read}", flush=True)
            self.assertEqual(read, [0] * len(files))
            self.assertGreater(len(files), 0)

    def usage(self, job):
        """Resident KiB and open files of each rank: the least of some looks, as a checkpoint that is being
        written takes room and a file for a moment."""
        least = {}
        for _ in range(5):
            for rank, pid in job.ranks.items():
                try:
                    with open(f"/proc/{pid}/status") as status:
                        resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
                    files = len(os.listdir(f"/proc/{pid}/fd"))
                except (OSError, StopIteration):
                    continue  # it was killed
                before = least.get(rank, (resident, files))
                least[rank] = (min(before[0], resident), min(before[1], files))
            time.sleep(0.2)
        return least

    def test_a_long_run_with_faults_does_not_grow(self):
        job = faults_test.Job(self, "hermes", "soak", [f"stop.max_seconds={SOAK_SECONDS}", "checkpoint.every_seconds=10"],
                              ["-t", str(int(SOAK_SECONDS) + 120)], SOAK_WORKERS)  # fmt: skip
        begin, base = time.monotonic(), None
        while job.process.poll() is None and time.monotonic() - begin < SOAK_SECONDS - 25:
            victim = self.random.randrange(1, SOAK_WORKERS + 1)
            job.send(victim, signal.SIGSTOP)
            time.sleep(self.random.uniform(1, 4))
            job.send(victim, signal.SIGCONT)
            time.sleep(min(16, SOAK_SECONDS / 6))
            if base is None and time.monotonic() - begin > SOAK_SECONDS / 6:
                base = self.usage(job)
            elif base is not None:
                now = self.usage(job)
                print(f"{time.monotonic() - begin:6.0f} s  " +
                      "  ".join(f"{rank}: {kib} KiB {files} files" for rank, (kib, files) in now.items()), flush=True)  # fmt: skip
                for rank, (resident, files) in now.items():
                    self.assertLess(resident, 1.05 * base[rank][0] + 2048, f"rank {rank} grows")
                    self.assertLessEqual(files, base[rank][1] + 1, f"rank {rank} opens files")
        result = job.wait(limit_s=150)
        self.assertEqual(result.code, 0, result)


if __name__ == "__main__":
    e2e_case.main()
