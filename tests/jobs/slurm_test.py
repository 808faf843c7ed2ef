"""The job scripts under a Slurm of their own (jobs/local_slurm.sh): jobs that complete, are warned,
fail, are cancelled and lose a worker.

slurm_test.py HERMES SOURCE_DIR STAND_IN_DIR [unittest arguments]

Warnings come by scancel, as Slurm looks at time limits only every 30 s. With HERMES_SLURM_LONG=1 a
job also runs into its limit (2 to 5 minutes). STAND_IN_DIR holds a `hermes` that keeps the program's
contract and trains nothing; the killed worker is the program's own.
"""

import os
import pathlib
import re
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import e2e_case  # noqa: E402  the directory beside this one

SCRIPTS = ["train.slurm", "train_srun.slurm", "train_het.slurm"]
ENDED = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "BOOT_FAIL", "OUT_OF_MEMORY"}
NOT_INSTALLED = 77

# The program without what this test does not need of it: its own checkpoints.
TRAINS_ONCE = """\
#!/bin/bash
exec {hermes} "${{@/--resume/--quiet}}"
"""


class Job:
    """A job that was submitted; its state by scontrol, its log, its run directory."""

    def __init__(self, case, script, arguments, options=(), program=None):
        environment = dict(case.environment)
        environment["PATH"] = f"{program or case.stand_in}:{environment['PATH']}"
        command = ["sbatch", "--parsable", *options, f"jobs/{script}", *arguments]
        submitted = case.run_command(command, environment=environment)
        case.assertEqual(submitted.code, 0, submitted)
        self.case = case
        self.number = int(submitted.stdout)
        self.out = f"runs/{self.number}"
        case.addCleanup(case.run_command, ["scancel", self.number])

    def show(self):
        """What scontrol tells; of a heterogeneous job its first component."""
        shown = self.case.run_command(["scontrol", "-o", "show", "job", self.number])
        self.case.assertEqual(shown.code, 0, shown)
        return dict(re.findall(r"(\S+?)=(\S*)", shown.stdout.splitlines()[0]))

    def read(self, path):
        try:
            return (self.case.scratch / path).read_text()
        except FileNotFoundError:
            return ""

    def log(self):
        return self.read(f"hermes-{self.number}.log")

    def program_log(self):
        return self.read(f"{self.out}/hermes.log")

    def wait_until(self, condition, what, limit_s=90):
        def looked_at():
            if condition():
                return True
            self.case.assertNotIn(self.show()["JobState"], ENDED, f"before: {what}\n{self.log()}")
            return False

        self.case.wait_until(looked_at, what, limit_s)

    def warn(self):
        ended = self.case.run_command(["scancel", "--signal=USR1", "--batch", self.number])
        self.case.assertEqual(ended.code, 0, ended)

    def expect_end(self, state, code, restarts, limit_s=90):
        self.case.wait_until(lambda: self.show()["JobState"] in ENDED, "the job's end", limit_s)
        shown = self.show()
        found = (shown["JobState"], shown["ExitCode"], int(shown["Restarts"]))
        self.case.assertEqual(found, (state, code, restarts), self.log())


class SlurmTest(e2e_case.E2eCase):
    stand_in = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for key, value in {"PATH": os.environ["PATH"], "LC_ALL": "C"}.items():
            cls.environment[key] = value
        (cls.scratch / "jobs").symlink_to(cls.source / "jobs")
        launcher = cls.source / "jobs" / "local_slurm.sh"
        place = ["-d", cls.scratch / "slurm"]
        started = cls.run_command([launcher, "start", *place])
        if started.code == NOT_INSTALLED:
            raise unittest.SkipTest(started.stderr)
        if started.code != 0:
            raise RuntimeError(f"no Slurm: {started}")
        cls.addClassCleanup(cls.run_command, [launcher, "stop", *place])
        for line in cls.run_command([launcher, "env", *place]).stdout.splitlines():
            for word in line.removeprefix("export ").split():
                key, _, value = word.partition("=")
                cls.environment[key] = value
        for name, fate in {"short": "steps=5", "long": "steps=200", "endless": "steps=100000",
                           "code2": "code=2", "code3": "code=3"}.items():
            (cls.scratch / name).write_text(fate + "\n")

    def test_a_job_completes(self):
        jobs = [Job(self, script, ["short"]) for script in SCRIPTS]
        for job in jobs:
            job.expect_end("COMPLETED", "0:0", restarts=0)
            self.assertIn("step 5\n", job.program_log())

    def test_a_warned_job_saves_comes_back_and_completes(self):
        jobs = [Job(self, script, ["long"]) for script in SCRIPTS]
        for job in jobs:
            job.wait_until(lambda job=job: "step 5\n" in job.program_log(), "some steps")
            job.warn()
        for job in jobs:
            job.expect_end("COMPLETED", "0:0", restarts=1)
            program_log = job.program_log()
            self.assertEqual(program_log.count("resumed from"), 1)
            steps = [int(step) for step in re.findall(r"^step (\d+)$", program_log, re.M)]
            self.assertEqual(steps, list(range(1, 201)))
            self.assertEqual(job.log().count("back into the queue"), 1)

    def test_a_failed_job_is_not_resubmitted(self):
        jobs = {(script, code): Job(self, script, [f"code{code}"])
                for script in SCRIPTS for code in (2, 3)}
        for (_, code), job in jobs.items():
            job.expect_end("FAILED", f"{code}:0", restarts=0)
            self.assertNotIn("queue", job.log())

    def test_a_cancelled_job_is_not_resubmitted(self):
        jobs = [Job(self, script, ["endless"]) for script in SCRIPTS]
        for job in jobs:
            job.wait_until(lambda job=job: "step 5\n" in job.program_log(), "some steps")
            self.run_command(["scancel", job.number])
        for job in jobs:
            self.wait_until(lambda job=job: job.show()["JobState"] in ENDED, "its end")
            shown = job.show()
            self.assertEqual((shown["JobState"], shown["Restarts"]), ("CANCELLED", "0"), job.log())

    def test_a_job_outlives_a_killed_worker(self):
        program = self.scratch / "trains-once"
        program.mkdir()
        (program / "hermes").write_text(TRAINS_ONCE.format(hermes=self.hermes))
        (program / "hermes").chmod(0o755)
        settings = ["liveness.heartbeat_seconds=0.1", "liveness.worker_timeout_seconds=2",
                    "train.steps_per_round=100", "stop.max_rounds=1000000", "stop.patience=0",
                    "stop.max_seconds=20"]
        arguments = ["small-run.toml", *(word for one in settings for word in ("--set", one))]
        several_nodes = ["--nodes=5", "--ntasks-per-node=1"]
        jobs = [
            (Job(self, "train.slurm", arguments, [], program), "OMPI_COMM_WORLD_RANK"),
            (Job(self, "train.slurm", arguments, several_nodes, program), "OMPI_COMM_WORLD_RANK"),
            (Job(self, "train_srun.slurm", arguments, [], program), "SLURM_PROCID"),
        ]
        for job, variable in jobs:
            job.wait_until(lambda job=job: "report" in job.read(f"{job.out}/metrics.csv"), "a report")
            os.kill(self.find_rank(job.number, 2, variable), signal.SIGKILL)
        for job, _ in jobs:
            job.expect_end("COMPLETED", "0:0", restarts=0)
            self.assertIn("worker 2 lost", job.program_log())
            summary = self.summary(job.out)
            self.assertEqual((summary["workers_lost"], summary["stop_reason"]), (1, "max_seconds"))

    def find_rank(self, number, rank, variable):
        wanted = {f"SLURM_JOB_ID={number}", f"{variable}={rank}"}
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "exe") != str(self.hermes):
                    continue
                if wanted <= set((process / "environ").read_text().split("\0")):
                    return int(process.name)
            except OSError:
                pass  # ended, or not ours
        return self.fail(f"no rank {rank} of job {number}")

    @unittest.skipUnless(os.environ.get("HERMES_SLURM_LONG"), "HERMES_SLURM_LONG=1 runs it")
    def test_a_job_at_its_time_limit_saves_comes_back_and_completes(self):
        (self.scratch / "minute").write_text("steps=700\n")
        job = Job(self, "train.slurm", ["minute"], ["--time=1", "--signal=B:USR1@55"])
        self.wait_until(lambda: job.show()["JobState"] in ENDED, "the job's end", 550)
        shown = job.show()
        self.assertEqual((shown["JobState"], shown["ExitCode"]), ("COMPLETED", "0:0"), job.log())
        self.assertGreaterEqual(int(shown["Restarts"]), 1, job.log())
        steps = [int(step) for step in re.findall(r"^step (\d+)$", job.program_log(), re.M)]
        self.assertEqual(steps, list(range(1, 701)))


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit("expected arguments: HERMES SOURCE_DIR STAND_IN_DIR")
    SlurmTest.stand_in = pathlib.Path(sys.argv.pop(3)).resolve()
    e2e_case.main()
