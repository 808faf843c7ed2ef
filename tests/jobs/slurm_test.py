"""The job scripts under a Slurm of their own (jobs/local_slurm.sh): jobs that complete, are warned,
fail, are cancelled and lose a worker.

slurm_test.py HERMES SOURCE_DIR [unittest arguments]

Warnings come by scancel, as Slurm looks at time limits only every 30 s. With HERMES_SLURM_LONG=1 all
scripts are tried, not train.slurm alone, and a job also runs into its limit (4 to 8 minutes).
"""

import os
import pathlib
import re
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import e2e_case  # noqa: E402  the directory beside this one

IS_LONG = bool(os.environ.get("HERMES_SLURM_LONG"))
SCRIPTS = ["train.slurm", "train_srun.slurm", "train_het.slurm"] if IS_LONG else ["train.slurm"]
ENDED = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "BOOT_FAIL", "OUT_OF_MEMORY"}
NOT_INSTALLED = 77

# A program that fails at run time.
FAILS = """\
#!/bin/bash
echo 3 >"$HERMES_RESULT_FILE"
exit 3
"""

COMMON = ["strategy.type=bsp", "train.steps_per_round=100", "stop.patience=0", "liveness.heartbeat_seconds=0.1",
          "liveness.worker_timeout_seconds=2"]  # fmt: skip


def run_of(*settings):
    """The arguments of a job that trains."""
    return ["small-run.toml", *(word for one in [*COMMON, *settings] for word in ("--set", one))]


class Job:
    """A job that was submitted; its state by scontrol, its log, its run directory."""

    def __init__(self, case, script, arguments, options=(), program=None):
        environment = dict(case.environment)
        environment["PATH"] = f"{program or case.hermes.parent}:{environment['PATH']}"
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

    def wait_for_reports(self):
        self.wait_until(lambda: self.read(f"{self.out}/metrics.csv").count("\nreport") >= 6, "some rounds")

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

    def rounds(self, job):
        """Of each worker, in the order of metrics.csv."""
        rows = [row for row in self.metrics(job.out) if row["event"] == "report"]
        return {rank: [int(row["round"]) for row in rows if row["rank"] == rank] for rank in {row["rank"] for row in rows}}

    def test_the_doctor_names_srun_and_the_job(self):
        told = self.run_command(["srun", "--mpi=pmix", "-n", "2", self.hermes, "doctor"])
        self.assertRegex(told.stdout, r"(?m)^ok +launcher +2 ranks, srun of slurm.* \d+\.", told)
        self.assertRegex(told.stdout, r"(?m)^ok +Slurm +job \d+$", told)

    def test_the_doctor_tells_of_tasks_without_a_rank(self):
        environment = {**self.environment, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
        told = self.run_command(["salloc", "-n", "3", "mpirun", "-np", "2", self.hermes, "doctor"], environment=environment)
        self.assertRegex(told.stdout, r"(?m)^slow +Slurm +job \d+, 2 ranks; expected 3 ranks, as many as it has tasks$", told)
        self.assertIn("do: mpirun -np 3,", told.stdout)

    def test_a_job_completes(self):
        jobs = [Job(self, script, run_of("stop.max_rounds=5")) for script in SCRIPTS]
        for job in jobs:
            job.expect_end("COMPLETED", "0:0", restarts=0)
            self.assertEqual(self.summary(job.out)["stop_reason"], "max_rounds")

    def test_a_warned_job_saves_comes_back_and_completes(self):
        jobs = [Job(self, script, run_of("stop.max_rounds=300")) for script in SCRIPTS]
        for job in jobs:
            job.wait_for_reports()
            job.warn()
        for job in jobs:
            job.expect_end("COMPLETED", "0:0", restarts=1)
            self.assertEqual(job.program_log().count("training goes on from version"), 1)
            for rounds in self.rounds(job).values():
                self.assertEqual(rounds, list(range(1, 301)))
            self.assertIn("back into the queue", job.log())

    def test_a_failed_job_is_not_resubmitted(self):
        fails = self.scratch / "fails"
        fails.mkdir()
        (fails / "hermes").write_text(FAILS)
        (fails / "hermes").chmod(0o755)
        jobs = {(script, 2): Job(self, script, run_of("train.minibatch=0")) for script in SCRIPTS}
        jobs |= {(script, 3): Job(self, script, run_of(), program=fails) for script in SCRIPTS}
        for (_, code), job in jobs.items():
            job.expect_end("FAILED", f"{code}:0", restarts=0)
            self.assertNotIn("queue", job.log())

    def test_a_cancelled_job_is_not_resubmitted(self):
        jobs = [Job(self, script, run_of("stop.max_rounds=1000000")) for script in SCRIPTS]
        for job in jobs:
            job.wait_for_reports()
            self.run_command(["scancel", job.number])
        for job in jobs:
            self.wait_until(lambda job=job: job.show()["JobState"] in ENDED, "its end")
            shown = job.show()
            self.assertEqual((shown["JobState"], shown["Restarts"]), ("CANCELLED", "0"), job.log())

    def test_a_job_outlives_a_killed_worker(self):
        arguments = run_of("stop.max_rounds=1000000", "stop.max_seconds=8")
        several_nodes = ["--nodes=5", "--ntasks-per-node=1"]
        jobs = [(Job(self, "train.slurm", arguments), "OMPI_COMM_WORLD_RANK")]
        if IS_LONG:
            jobs += [(Job(self, "train.slurm", arguments, several_nodes), "OMPI_COMM_WORLD_RANK"),
                     (Job(self, "train_srun.slurm", arguments), "SLURM_PROCID")]  # fmt: skip
        for job, variable in jobs:
            job.wait_for_reports()
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

    @unittest.skipUnless(IS_LONG, "HERMES_SLURM_LONG=1 runs it")
    def test_a_job_at_its_time_limit_saves_comes_back_and_completes(self):
        arguments = run_of("stop.max_rounds=1000000", "stop.max_seconds=40")
        job = Job(self, "train.slurm", arguments, ["--time=1", "--signal=B:USR1@55"])
        self.wait_until(lambda: job.show()["JobState"] in ENDED, "the job's end", 550)
        shown = job.show()
        self.assertEqual((shown["JobState"], shown["ExitCode"]), ("COMPLETED", "0:0"), job.log())
        self.assertGreaterEqual(int(shown["Restarts"]), 1, job.log())
        self.assertIn("training goes on from version", job.program_log())
        for rounds in self.rounds(job).values():
            self.assertEqual(rounds, list(range(1, len(rounds) + 1)))


if __name__ == "__main__":
    e2e_case.main()
