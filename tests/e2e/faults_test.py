"""Ranks die, freeze and are told to stop in the middle of a run. Waits for what has happened, never
for a time: the machine may be busy."""

import os
import pathlib
import signal
import subprocess
import time

import e2e_case

WORKERS = 3
VICTIM = 2

# Low limits, but far above what a busy machine makes a living rank wait; rounds of milliseconds; no
# end but the one that a test sets.
SETTINGS = [
    "liveness.heartbeat_seconds=0.1",
    "liveness.worker_timeout_seconds=1.5",
    "liveness.server_timeout_seconds=3",
    "liveness.drain_timeout_seconds=3",
    "train.steps_per_round=100",
    "stop.max_rounds=1000000",
    "stop.patience=0",
]


def children_of(pid):
    children = []
    for tasks in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children += [int(child) for child in tasks.read_text().split()]
        except OSError:
            pass  # ended while we looked
    return children


def rank_of(pid):
    """The MPI rank of a process that runs hermes; None for any other."""
    try:
        if os.path.basename(os.readlink(f"/proc/{pid}/exe")) != "hermes":
            return None
        environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    prefix = b"OMPI_COMM_WORLD_RANK="
    ranks = [int(entry[len(prefix) :]) for entry in environment if entry.startswith(prefix)]
    return ranks[0] if ranks else None


def ranks_below(pid):
    """rank -> process id, of all descendants that run hermes."""
    found = {}
    for child in children_of(pid):
        rank = rank_of(child)
        if rank is not None:
            found[rank] = child
        found.update(ranks_below(child))
    return found


def catches_usr1(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    caught = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(caught >> (signal.SIGUSR1 - 1) & 1)


class Job:
    """A training run under jobs/launch.sh, in the background."""

    def __init__(self, case, strategy, out, settings=(), options=(), workers=WORKERS):
        self.case = case
        self.workers = workers
        self.out = out
        arguments = ["train", "small-run.toml", "--out", out]
        for setting in [*SETTINGS, f"strategy.type={strategy}", *settings]:
            arguments += ["--set", setting]
        command = case.launch_command(1 + workers, arguments, options=options)
        self.stdout_file = case.scratch / f"{out}.stdout"
        self.stderr_file = case.scratch / f"{out}.stderr"
        with open(self.stdout_file, "w") as stdout, open(self.stderr_file, "w") as stderr:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                cwd=case.scratch,
                env=case.environment,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )
        case.addCleanup(self.end)
        self.wait_until(lambda: min(self.rounds().values()) >= 3, "every worker has trained")
        self.ranks = ranks_below(self.process.pid)
        case.assertEqual(set(self.ranks), set(range(1 + workers)))

    def end(self):
        """Whatever became of the test: nothing of it goes on."""
        if self.process.poll() is None:
            for pid in [*ranks_below(self.process.pid).values()]:
                os.kill(pid, signal.SIGKILL)
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=60)

    def wait_until(self, condition, what):
        self.case.wait_until(condition, what, process=self.process)

    def rounds(self):
        """Reports per worker so far."""
        counts = dict.fromkeys(range(1, self.workers + 1), 0)
        for row in self.case.metrics(self.out):
            if row["event"] == "report":
                counts[int(row["rank"])] += 1
        return counts

    def wait_for_more_rounds_of(self, ranks, more=5):
        before = self.rounds()
        self.wait_until(
            lambda: all(self.rounds()[rank] >= before[rank] + more for rank in ranks),
            f"{more} more rounds of the workers {ranks}",
        )

    def wait_for_log(self, text):
        log = self.case.scratch / self.out / "hermes.log"
        self.wait_until(lambda: text in log.read_text(), f"'{text}' in hermes.log")

    def send(self, rank, number):
        os.kill(self.ranks[rank], number)

    def interrupt(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, limit_s=90):
        """The finished job."""
        code = self.process.wait(timeout=limit_s * e2e_case.PATIENCE)
        return e2e_case.Result(code, self.stdout_file.read_text(), self.stderr_file.read_text(), 0)


class FaultsTest(e2e_case.E2eCase):
    def finish_after(self, disturb, strategy, out, options=(), settings=()):
        """Runs to an end that comes by itself, as only that has exit code 0. When the machine was
        too busy for `disturb` to finish before it: once more, with more time."""
        for limit in (7, 50):
            try:
                until = [f"stop.max_seconds={limit}", *settings]
                job = Job(self, strategy, f"{out}-{limit}", until, options)
                disturb(job)
                return job.wait(), job.out
            except e2e_case.EndedEarly as early:
                reason = early
        raise reason

    def check_killed_worker(self, strategy, out, options=(), settings=()):
        def kill(job):
            job.send(VICTIM, signal.SIGKILL)
            job.wait_for_log(f"worker {VICTIM} lost")
            job.wait_for_more_rounds_of([1, 3])

        result, out = self.finish_after(kill, strategy, out, options, settings)
        self.assert_ended_well(result)
        summary = self.summary(out)
        self.assertEqual(summary["workers_lost"], 1, result)
        self.assertEqual(summary["workers_returned"], 0)
        self.assertEqual(summary["stop_reason"], "max_seconds")
        self.assertGreater(summary["test_accuracy"], 0.9)
        table = {worker["rank"]: worker for worker in summary["worker_table"]}
        self.assertEqual(table[VICTIM]["state"], "lost")
        self.assertTrue((self.scratch / out / "model.h5").is_file())

    # All strategies: fault_plan_test.py.

    def test_hermes_outlives_a_killed_worker(self):
        self.check_killed_worker("hermes", "killed-hermes")

    def test_bsp_over_tcp_outlives_a_killed_worker(self):
        self.check_killed_worker("bsp", "killed-tcp", ["-b", "tcp"])

    def test_rows_from_the_server_outlive_a_killed_worker(self):
        settings = ["data.delivery=server"]  # windows move on every 15 steps: always on their way
        self.check_killed_worker("bsp", "killed-served", settings=settings)
        self.check_killed_worker("asp", "killed-served-tcp", ["-b", "tcp"], settings)

    def test_rows_from_the_server_reach_a_frozen_worker_that_comes_back(self):
        job = Job(self, "asp", "frozen-served", ["stop.max_seconds=60", "data.delivery=server"])
        job.send(VICTIM, signal.SIGSTOP)
        job.wait_for_log(f"worker {VICTIM} lost")
        job.wait_for_more_rounds_of([1, 3])
        job.send(VICTIM, signal.SIGCONT)
        job.wait_for_log(f"worker {VICTIM} is back")
        job.wait_for_more_rounds_of([1, 2, 3])
        job.interrupt()
        result = job.wait()
        self.assertEqual(self.summary("frozen-served")["workers_returned"], 1, result)

    def test_a_frozen_worker_is_left_alone_and_comes_back(self):
        for strategy in ("hermes", "bsp", "asp", "ssp", "ebsp", "selsync", "timebox"):
            with self.subTest(strategy=strategy):
                out = f"frozen-{strategy}"
                job = Job(self, strategy, out, ["stop.max_seconds=60"])
                job.send(VICTIM, signal.SIGSTOP)
                job.wait_for_log(f"worker {VICTIM} lost")
                job.wait_for_more_rounds_of([1, 3])
                job.send(VICTIM, signal.SIGCONT)
                job.wait_for_log(f"worker {VICTIM} is back")
                job.wait_for_more_rounds_of([1, 2, 3])
                job.interrupt()
                result = job.wait()
                summary = self.summary(out)
                self.assertEqual(summary["workers_lost"], 1, result)
                self.assertEqual(summary["workers_returned"], 1, result)

    def test_a_frozen_worker_that_comes_back_leaves_the_exit_code_alone(self):
        def freeze(job):
            job.send(VICTIM, signal.SIGSTOP)
            job.wait_for_log(f"worker {VICTIM} lost")
            job.send(VICTIM, signal.SIGCONT)
            job.wait_for_log(f"worker {VICTIM} is back")

        result, out = self.finish_after(freeze, "bsp", "frozen-to-the-end")
        self.assert_ended_well(result)
        self.assertEqual(self.summary(out)["workers_returned"], 1)

    def test_a_rank_that_dies_while_mpi_starts_ends_the_run_at_the_deadline(self):
        """Open MPI would wait for it for ever."""
        program = self.scratch / "dies-early"
        program.write_text(f'#!/bin/sh\n[ "$OMPI_COMM_WORLD_RANK" != {VICTIM} ] || kill -9 $$\nexec {self.hermes} "$@"\n')
        program.chmod(0o755)
        words = ["HERMES_START_SECONDS=4", program, "train", "small-run.toml", "--out", "early"]
        result = self.launch(1 + WORKERS, *words, program="/usr/bin/env")
        self.assertEqual(result.code, 3, result)
        self.assertRegex(result.stderr, r"\Ahermes: rank 0: MPI: expected all ranks within 4 s [^\n]*\n\Z")
        self.assertFalse((self.scratch / "early").exists())

    def test_workers_leave_when_the_server_is_killed(self):
        job = Job(self, "hermes", "server-killed", ["stop.max_seconds=90"])
        job.send(0, signal.SIGKILL)
        result = job.wait()
        self.assertEqual(result.code, 70, result)
        lines = sorted(line for line in result.stderr.splitlines() if line.startswith("hermes:"))
        self.assertEqual(len(lines), WORKERS, result)
        for rank, line in enumerate(lines, start=1):
            self.assertRegex(line, f"^hermes: rank {rank}: stopped: .*silent")
        self.assertEqual(len(result.stderr.splitlines()), WORKERS + 1, result)
        self.assertFalse((self.scratch / "server-killed" / "summary.json").exists())

    def test_a_stop_signal_ends_the_run_in_good_order(self):
        for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
            with self.subTest(signal=number.name):
                out = f"stopped-{number.name}"
                job = Job(self, "hermes", out, ["stop.max_seconds=90"])
                job.wait_until(lambda: self.has_merged(out), "an update was merged")
                job.interrupt(number)
                result = job.wait()
                self.assertEqual(result.code, 75, result)
                self.assertRegex(result.stderr, "^hermes: rank 0: stopped: interrupted; .*--resume.*\n$")
                summary = self.summary(out)
                self.assertTrue(summary["interrupted"])
                self.assertEqual(summary["stop_reason"], "interrupted")
                self.assertEqual(summary["workers_lost"], 0)
                self.assertTrue((self.scratch / out / "model.h5").is_file())

    def test_a_stop_signal_is_neither_fatal_nor_lost_while_the_run_starts(self):
        """From the launcher's first lines over MPI's start to the first rounds."""
        for delay in (0.05, 0.15, 0.25, 0.35, 0.5, 0.7):
            with self.subTest(delay=delay):
                out = f"early-{delay}"
                arguments = ["train", "small-run.toml", "--out", out, "--set", "stop.max_seconds=90"]
                for setting in SETTINGS:
                    arguments += ["--set", setting]
                command = [str(word) for word in self.launch_command(3, arguments)]
                process = subprocess.Popen(command, cwd=self.scratch, env=self.environment, stdin=subprocess.DEVNULL,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)  # fmt: skip
                with process:
                    self.wait_until(lambda process=process: catches_usr1(process.pid), "the launcher listens", process=process)
                    time.sleep(delay)
                    process.send_signal(signal.SIGUSR1)
                    _, errors = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 75, errors)
                self.assertRegex(errors, "^hermes: rank 0: stopped: interrupted; .*--resume.*\n$")

    def has_merged(self, out):
        return any(row["event"] == "evaluation" for row in self.metrics(out))

    def test_one_rank_alone_stops_in_good_order_too(self):
        command = [self.hermes, "train", "small-run.toml", "--out", "alone"]
        settings = ["stop.max_rounds=1000000", "stop.max_seconds=90"]
        for setting in settings:
            command += ["--set", setting]
        process = subprocess.Popen(
            command, cwd=self.scratch, env=self.environment, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )
        self.addCleanup(process.kill)
        self.wait_until(lambda: self.has_merged("alone"), "a merge", process=process)
        process.send_signal(signal.SIGTERM)
        _, complaint = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 75, complaint)
        self.assertRegex(complaint, "^hermes: rank 0: stopped: interrupted; .*--resume.*\n$")
        self.assertTrue(self.summary("alone")["interrupted"])


if __name__ == "__main__":
    e2e_case.main()
