"""Every request that a run starts in MPI completes: counted by a library between program and MPI."""

import pathlib
import sys

import e2e_case

WORKERS = 3


class RequestsTest(e2e_case.E2eCase):
    audit = None

    def requests(self, out, *settings):
        """rank -> (started, completed), of a run in which nobody was lost."""
        counts = self.scratch / f"{out}-requests"
        counts.mkdir()
        words = [f"LD_PRELOAD={self.audit}", f"REQUEST_AUDIT={counts}", self.hermes]
        words += ["train", "small-run.toml", "--out", out]
        for setting in settings:
            words += ["--set", setting]
        result = self.launch(1 + WORKERS, *words, program="/usr/bin/env")
        self.assert_ended_well(result)
        self.assertEqual(self.summary(out)["workers_lost"], 0)
        return {int(file.name): tuple(map(int, file.read_text().split())) for file in counts.iterdir()}

    def test_all_complete(self):
        for strategy in ("hermes", "bsp", "timebox"):
            for delivery in ("file", "server"):
                with self.subTest(strategy=strategy, delivery=delivery):
                    found = self.requests(f"{strategy}-{delivery}", f"strategy.type={strategy}", f"data.delivery={delivery}")
                    self.assertEqual(set(found), set(range(1 + WORKERS)))
                    for rank, (started, completed) in found.items():
                        self.assertGreater(started, 10, rank)
                        self.assertEqual(started, completed, rank)


if __name__ == "__main__":
    RequestsTest.audit = pathlib.Path(sys.argv.pop(3)).resolve()
    e2e_case.main()
