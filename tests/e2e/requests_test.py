"""Requests that a run starts in MPI complete, but for those with a rank that is gone: counted by a library between
program and MPI."""

import pathlib
import sys

import e2e_case

WORKERS = 3
VICTIM = 2
FAULTS = f"""\
[[fault]]
rank = {VICTIM}
kind = "kill"
at_round = 20
[[fault]]
rank = 3
kind = "cut"
at_round = 15
seconds = 0.5
[[fault]]
rank = 1
kind = "malformed"
at_round = 10
"""
SHORT_LIMITS = (
    "liveness.heartbeat_seconds=0.1",
    "liveness.worker_timeout_seconds=1.5",
    "liveness.drain_timeout_seconds=3",
    "train.steps_per_round=100",
    "stop.patience=0",
    "stop.max_rounds=0",
    "stop.max_seconds=4",
)


class Account:
    """What a rank asked of MPI: how many requests, how many completed, the peers of those still open."""

    def __init__(self, file):
        first, *peers = file.read_text().splitlines()
        self.started, self.completed = map(int, first.split())
        self.open_with = set(map(int, peers))
        self.open = len(peers)


class RequestsTest(e2e_case.E2eCase):
    audit = None

    def accounts(self, config, out, *settings):
        """rank -> Account, of a run that ends well."""
        counts = self.scratch / f"{out}-requests"
        counts.mkdir()
        words = [f"LD_PRELOAD={self.audit}", f"REQUEST_AUDIT={counts}", self.hermes, "train", config, "--out", out]
        for setting in settings:
            words += ["--set", setting]
        self.assert_ended_well(self.launch(1 + WORKERS, *words, program="/usr/bin/env"))
        accounts = {int(file.name): Account(file) for file in counts.iterdir()}
        for rank, account in accounts.items():
            self.assertGreater(account.started, 10, rank)
            self.assertEqual(account.started, account.completed + account.open, rank)
        return accounts

    def test_all_complete(self):
        for strategy in ("hermes", "bsp", "timebox"):
            for delivery in ("file", "server"):
                with self.subTest(strategy=strategy, delivery=delivery):
                    out = f"{strategy}-{delivery}"
                    found = self.accounts("small-run.toml", out, f"strategy.type={strategy}", f"data.delivery={delivery}")
                    self.assertEqual(self.summary(out)["workers_lost"], 0)
                    self.assertEqual(set(found), set(range(1 + WORKERS)))
                    self.assertEqual([rank for rank, account in found.items() if account.open > 0], [])

    def test_only_those_with_a_lost_worker_stay_open(self):
        (self.scratch / "faults.toml").write_text(e2e_case.SMALL_RUN + FAULTS)
        for strategy, delivery in (("hermes", "file"), ("bsp", "server"), ("timebox", "file")):
            with self.subTest(strategy=strategy, delivery=delivery):
                out = f"faults-{strategy}"
                found = self.accounts("faults.toml", out, f"strategy.type={strategy}", f"data.delivery={delivery}", *SHORT_LIMITS)
                states = {worker["rank"]: worker["state"] for worker in self.summary(out)["worker_table"]}
                self.assertEqual(states, {1: "left", VICTIM: "lost", 3: "left"})
                self.assertEqual(set(found), {0, 1, 3})
                for rank, account in found.items():
                    self.assertLessEqual(account.open_with, {VICTIM} if rank == 0 else set(), rank)


if __name__ == "__main__":
    RequestsTest.audit = pathlib.Path(sys.argv.pop(3)).resolve()
    e2e_case.main()
