"""Files written by h5py are read, and files written by Hermes are what h5py users expect."""
import os
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
except ImportError as error:
    print(f"skipped: {error} (apt install python3-h5py)")
    sys.exit(77)

PROBE = sys.argv[1]


def probe_rows(path, first, count):
    run = subprocess.run([PROBE, "rows", path, str(first), str(count)],
                         capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    rows = [line.split() for line in lines if not line.startswith("class ")]
    names = [line[6:] for line in lines if line.startswith("class ")]
    return (np.array([[float(v) for v in row[1:]] for row in rows], dtype=np.float32),
            [int(row[0]) for row in rows], names)


def check_data_set(path, x, y, channels_last, mean, scale, **storage):
    with h5py.File(path, "w") as file:
        for split in ("train", "test"):
            dataset = file.create_dataset(f"{split}/x", data=x, **storage)
            file[f"{split}/y"] = y
            if channels_last:
                dataset.attrs["layout"] = "NHWC"
        file.attrs["class_names"] = ["zero", "one", "größe"]
        file.attrs["mean"] = mean
        file.attrs["scale"] = scale
    values, labels, names = probe_rows(path, 5, 20)
    internal = x if channels_last or x.ndim == 2 else x.transpose(0, 2, 3, 1)
    expected = (internal.astype(np.float32) - np.float32(mean)) * np.float32(scale)
    np.testing.assert_allclose(values, expected[5:25].reshape(20, -1), rtol=1e-6)
    assert labels == list(y[5:25]), labels
    assert names == ["zero", "one", "größe"], names


def check_data_sets(directory):
    random = np.random.default_rng(1)
    images = random.integers(0, 256, (60, 3, 8, 6), dtype=np.uint8)
    path = os.path.join(directory, "set.h5")
    mean, scale = [1.0, 2.0, 3.0], [0.5, 0.25, 0.125]
    for y in (np.arange(60) % 3, (np.arange(60) % 3).astype(np.uint8),
              (np.arange(60) % 3).astype(">i2")):
        check_data_set(path, images, y, False, mean, scale)
    y = np.arange(60) % 3
    check_data_set(path, images, y, False, mean, scale, chunks=True, compression="gzip")
    check_data_set(path, images, y, False, mean, scale, chunks=(7, 2, 3, 6),
                   compression="gzip", shuffle=True)
    check_data_set(path, np.ascontiguousarray(images.transpose(0, 2, 3, 1)), y, True, mean, scale)
    features = random.normal(size=(60, 5)).astype(np.float32)
    check_data_set(path, features, y, False, 0.0, 1.0)
    check_data_set(path, features.astype(">f4"), y, False, [0.0] * 5, [2.0] * 5, maxshape=(None, 5))


def check_tensors(directory):
    path = os.path.join(directory, "model.h5")
    subprocess.run([PROBE, "tensors", path], check=True)
    with h5py.File(path, "r") as file:
        assert list(file) == ["conv1", "step"], list(file)
        weight = file["conv1/weight"]
        assert weight.dtype == np.float32 and weight.fletcher32
        np.testing.assert_array_equal(weight[...], np.arange(6, dtype=np.float32).reshape(2, 3))
        assert file["step"][()] == 7
        assert file.attrs["name"] == "größe"
        assert file.attrs["round"] == 5 and file.attrs["loss"] == 0.25
        assert list(file.attrs["window"]) == [1.5, 2.5]


with tempfile.TemporaryDirectory() as scratch:
    check_data_sets(scratch)
    check_tensors(scratch)
print("ok")
