"""Budgets of memory: whoever trains stays within its own, and whoever cannot is refused with the sum.
A file larger than all budgets is trained on window by window.

    memory_test.py HERMES SOURCE_DIR MAKE_IMAGES
"""

import pathlib
import re
import subprocess
import sys

import e2e_case

FILE_MIB = 64
MIB = 1024 * 1024
WORKERS = 4

MODEL = """\
name = "images"
input = [3, 32, 32]
[[layer]]
type = "avg_pool2d"
size = 2
[[layer]]
type = "flatten"
[[layer]]
type = "dense"
units = 10
"""

RUN = """\
name = "images-run"
seed = 3
[model]
file = "images.toml"
[data]
file = "images.h5"
validation = 500
evaluation_rows = 100
[train]
minibatch = 64
optimizer = { learning_rate = 0.01 }
[strategy]
type = "asp"
asp = { server_learning_rate = 0.25 }
[allocation]
initial_rows = 1000000
[stop]
max_rounds = 4
max_seconds = 100
"""

# Runs the program given and writes its peak of resident memory (KiB) into peak.RANK.
PEAK = """\
import os, resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
open("peak." + os.environ["OMPI_COMM_WORLD_RANK"], "w").write(str(peak))
sys.exit(code)
"""

LIMITED = """\
#!/bin/sh
ulimit -v {kib}
exec "$@"
"""


class MemoryTest(e2e_case.E2eCase):
    make_images = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.environment["OPENBLAS_NUM_THREADS"] = "1"  # its threads reserve addresses
        (cls.scratch / "images.toml").write_text(MODEL)
        (cls.scratch / "images-run.toml").write_text(RUN)
        (cls.scratch / "peak.py").write_text(PEAK)
        subprocess.run(
            [cls.make_images, cls.scratch / "images.h5", str(FILE_MIB)], check=True, timeout=120
        )

        # What server and workers take without rows depends on the machine: libraries differ.
        plan = cls.run_hermes("plan", "images-run.toml", "--ranks", WORKERS + 1)
        if plan.code != 0:
            raise RuntimeError(f"no plan: {plan}")
        server, worker = (cls.bytes_of("sum", part) for part in plan.stdout.split("\n\n")[1:])
        worker -= cls.bytes_of(r"shard of \S+ rows", plan.stdout)
        cls.small_mib = worker // MIB + 8
        cls.budget_mib = max(server // MIB, worker // MIB) + 20

    @staticmethod
    def bytes_of(item, plan):
        return int(re.search(rf"\n  {item} +([\d,]+) B", plan)[1].replace(",", ""))

    def peaks(self):
        """Rank -> MiB, of the last run under peak.py."""
        return [
            int((self.scratch / f"peak.{rank}").read_text()) / 1024 for rank in range(WORKERS + 1)
        ]

    def train(self, out, *settings, run="images-run.toml", program=()):
        arguments = ["train", run, "--out", out]
        for setting in settings:
            arguments += ["--set", setting]
        words = [*program, self.hermes, *arguments]
        return self.launch(WORKERS + 1, *words[1:], program=words[0])

    def test_every_rank_stays_within_its_budget(self):
        result = self.train(
            "within",
            f"allocation.memory={self.budget_mib}MiB",
            program=[sys.executable, "-B", "peak.py"],
        )
        self.assert_ended_well(result)
        for rank, peak in enumerate(self.peaks()):
            self.assertLess(peak, self.budget_mib, f"rank {rank}")
        log = (self.scratch / "within" / "hermes.log").read_text()
        told = re.findall(rf"peak memory [\d.]+ MiB of {self.budget_mib}\.0 MiB", log)
        self.assertEqual(len(told), WORKERS, log)

    def test_a_file_larger_than_all_budgets_is_trained_on(self):
        text = RUN + f'[[worker]]\nhost = "*"\nmemory = "{self.small_mib}MiB"\n'
        (self.scratch / "windows.toml").write_text(text)
        plan = self.run_hermes("plan", "windows.toml", "--ranks", WORKERS + 1)
        self.assert_ended_well(plan)
        rows = int(re.search(r"largest shard +([\d,]+) rows", plan.stdout)[1].replace(",", ""))
        self.assertLess(rows * WORKERS * 3072, FILE_MIB * MIB, plan)
        result = self.train(
            "windows",
            "stop.max_rounds=8",
            run="windows.toml",
            program=[sys.executable, "-B", "peak.py"],
        )
        self.assert_ended_well(result)
        self.assertGreater(self.summary("windows")["test_accuracy"], 0.5)
        for rank, peak in list(enumerate(self.peaks()))[1:]:
            self.assertLess(peak, self.small_mib, f"rank {rank}")

    def test_too_small_a_budget_is_refused_with_the_sum(self):
        for result in (
            self.train("no", "allocation.memory=16MiB"),
            self.run_hermes("train", "images-run.toml", "--set", "allocation.memory=16MiB"),
            self.run_hermes("plan", "images-run.toml", "--ranks", "5", "--memory", "16MiB"),
        ):
            self.assertEqual(result.code, 2, result)
            self.assertRegex(
                result.stderr,
                r"\Ahermes: memory of [^\n]+: expected at least [\d.]+ MiB \(process [^\n]+\), "
                r"found a budget of 16\.0 MiB \(configured\)\n\Z",
            )
            self.assertEqual(result.stdout, "")
            self.assertFalse((self.scratch / "no").exists())

    def test_one_worker_too_small_ends_the_run_with_its_sum(self):
        text = RUN + '[[worker]]\nranks = [2, 3]\nmemory = "16MiB"\n'
        (self.scratch / "one.toml").write_text(text)
        result = self.train("one", "stop.max_rounds=1000", run="one.toml")
        self.assertEqual(result.code, 2, result)
        self.assertRegex(
            result.stderr, r"\Ahermes: worker [23]: memory of rank [23]: expected [^\n]+\n\Z"
        )

    def test_a_limit_of_the_system_is_found_and_kept(self):
        (self.scratch / "limited.sh").write_text(LIMITED.format(kib=800 * 1024))
        result = self.train("limited", "stop.max_rounds=2", program=["/bin/sh", "limited.sh"])
        self.assert_ended_well(result)
        log = (self.scratch / "limited" / "hermes.log").read_text()
        self.assertRegex(log, r"memory of rank 0: budget [^\n]*ulimit -v")


if __name__ == "__main__":
    MemoryTest.make_images = pathlib.Path(sys.argv.pop(3)).resolve()
    e2e_case.main()
