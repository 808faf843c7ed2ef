"""What the driver has to know of a SimGrid platform file: its hosts, their speeds, and who slows down."""

import pathlib
import re
import xml.etree.ElementTree as ElementTree

import plans

PREFIXES = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}


class Platform:
    """Hosts in the order of the file. The first is rank 0, the server; the others are workers."""

    def __init__(self, file):
        self.file = pathlib.Path(file).resolve()
        self.name = self.file.stem
        try:
            self.text = self.file.read_text()
            root = ElementTree.fromstring(self.text)
        except (OSError, ElementTree.ParseError) as error:
            raise plans.PlanError(f"{file}: {error}") from error
        hosts = list(root.iter("host"))
        self.speeds = {host.get("id"): flops(host.get("speed"), file) for host in hosts}
        self.straggler = next((host.get("id") for host in hosts if host.get("speed_file")), None)
        self.speed_file = next((host.get("speed_file") for host in hosts if host.get("speed_file")), None)
        if len(self.speeds) < 2:
            raise plans.PlanError(f"{file}: expected a server and at least one worker, found {len(self.speeds)} hosts")

    def fastest_worker(self):
        """Of several equal ones the first that does not slow down."""
        workers = list(self.speeds)[1:]
        return max(workers, key=lambda host: (self.speeds[host], host != self.straggler))

    def slow_down(self):
        """What becomes of the straggler's speed: the last value of its speed file."""
        lines = [line.split() for line in (self.file.parent / self.speed_file).read_text().splitlines()]
        return float([line for line in lines if len(line) == 2 and not line[0].startswith("#")][-1][1])

    def undisturbed(self):
        """The text of this platform without speed files."""
        return re.sub(r'\s+speed_file="[^"]*"', "", self.text)

    def disturbed(self, directory, seconds):
        """Writes a copy in which the straggler slows down after so many seconds; the copy's path."""
        speeds = directory / "straggler.speed"
        speeds.write_text(f"0.0 1.0\n{seconds!r} {self.slow_down()!r}\n")
        copy = directory / f"{self.name}.xml"
        copy.write_text(re.sub(r'speed_file="[^"]*"', f'speed_file="{speeds.name}"', self.text))
        return copy


def flops(text, file):
    match = re.fullmatch(r"([0-9.eE+-]+)([kMGTP]?)f", text or "")
    if not match:
        raise plans.PlanError(f"{file}: speed: expected something like '10Gf', found '{text}'")
    return float(match[1]) * PREFIXES[match[2]]
