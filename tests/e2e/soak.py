"""One long run of eight workers that suffers a fault every 20 s and must not grow.

    python3 -B tests/e2e/soak.py HERMES SOURCE_DIR

HERMES_SOAK_SECONDS (default 120) says how long, HERMES_SEED what is random. Prints the resident memory
and the open files of each rank as it goes.
"""

import os
import random
import signal
import time

import e2e_case
import faults_test

SECONDS = float(os.environ.get("HERMES_SOAK_SECONDS", "120"))
SEED = int(os.environ.get("HERMES_SEED", str(random.randrange(10**6))))
WORKERS = 8
FAULT_EVERY_S = 20
SETTLED_S = min(300, SECONDS / 6)  # what a rank holds then is what it may hold
PLANNED = ("slow", "cut", "malformed", "non_finite", "freeze")


def plan(choice):
    """Every other fault is one of the run's own; signals from outside are the others."""
    text, at, turn = "", FAULT_EVERY_S, 0
    while at < SECONDS - FAULT_EVERY_S:
        kind = PLANNED[turn % len(PLANNED)]
        text += f'[[fault]]\nrank = {choice.randint(1, WORKERS)}\nkind = "{kind}"\nat_seconds = {at}\n'
        text += f"seconds = {choice.uniform(1, 4):.1f}\n" if kind in ("slow", "cut", "freeze") else ""
        text += "factor = 3.0\n" if kind == "slow" else ""
        at, turn = at + 2 * FAULT_EVERY_S, turn + 1
    return text


class SoakTest(e2e_case.E2eCase):
    def usage(self, job):
        """Resident KiB and open files of each rank: the least of some looks, as a checkpoint that is being
        written takes room and a file for a moment."""
        least = {}
        for _ in range(5):
            for rank, pid in job.ranks.items():
                with open(f"/proc/{pid}/status") as status:
                    resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
                files = len(os.listdir(f"/proc/{pid}/fd"))
                before = least.get(rank, (resident, files))
                least[rank] = (min(before[0], resident), min(before[1], files))
            time.sleep(0.2)
        return least

    def strike(self, job, choice):
        victim = choice.randint(1, WORKERS)
        job.send(victim, signal.SIGSTOP)
        time.sleep(choice.uniform(1, 4))
        job.send(victim, signal.SIGCONT)

    def test_a_long_run_with_faults_does_not_grow(self):
        print(f"\nHERMES_SEED={SEED}", flush=True)
        choice = random.Random(SEED)
        (self.scratch / "small-run.toml").write_text(e2e_case.SMALL_RUN + plan(choice))
        settings = [f"stop.max_seconds={SECONDS}", "checkpoint.every_seconds=10",
                    "liveness.server_timeout_seconds=30"]  # fmt: skip  # a worker that is cut off for 4 s comes back
        job = faults_test.Job(self, "hermes", "soak", settings, ["-t", str(int(SECONDS) + 120)], WORKERS)
        begin, base, grown = time.monotonic(), None, []
        next_fault = 2 * FAULT_EVERY_S
        while time.monotonic() - begin < SECONDS - FAULT_EVERY_S:
            now = time.monotonic() - begin
            if now >= next_fault:
                self.strike(job, choice)
                next_fault += 2 * FAULT_EVERY_S
            found = self.usage(job)
            print(f"{now:6.0f} s  " + "  ".join(f"{rank}: {kib} KiB {files} files" for rank, (kib, files) in sorted(found.items())), flush=True)
            if base is None and now >= SETTLED_S:
                base = found
            for rank, (resident, files) in (base or {}).items():
                if found[rank][0] > 1.05 * resident + 2048 or found[rank][1] > files + 1:
                    grown.append(f"{now:.0f} s: rank {rank} from {base[rank]} to {found[rank]}")
            time.sleep(9)
        result = job.wait(limit_s=150)
        summary = self.summary("soak")
        print(f"exit code {result.code}, accuracy {summary['test_accuracy']}, rounds {summary['rounds']}, pushes {summary['pushes']}, "
              f"lost {summary['workers_lost']}, back {summary['workers_returned']}, rejected {summary['rejected_reports']}, "
              f"checkpoints numbered to {max((self.scratch / 'soak/checkpoints').iterdir()).name}", flush=True)  # fmt: skip
        self.assertEqual(result.code, 0, result)
        self.assertEqual(grown, [])
        self.assertNotIn("lost", [worker["state"] for worker in summary["worker_table"]])


if __name__ == "__main__":
    e2e_case.main()
