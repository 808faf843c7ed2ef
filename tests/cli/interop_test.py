"""Models leave for other programs and weights come in: export, predict, train --init.

ONNX files are checked by the onnx package and run by OpenCV's dnn module, which know nothing of
Hermes; without these packages the test fails (jobs/packages.sh test installs them).
"""

import csv
import json
import re
import struct
import tomllib

import cv2
import e2e_case
import h5py
import numpy
import onnx

RUN = """\
name = "{name}"
[model]
file = "{model}"
[data]
file = "{name}.h5"
validation = 20
[train]
minibatch = 8
loss = "{loss}"
optimizer = {{ learning_rate = 0.0005 }}
[strategy]
type = "bsp"
[stop]
max_rounds = 1
"""


def read_safetensors(path):
    """What the format's description says, and nothing else."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        assert entry["dtype"] == "F32"
        values = numpy.frombuffer(content[8 + length + begin : 8 + length + end], dtype="<f4")
        tensors[name] = values.reshape(entry["shape"])
    return tensors


def write_safetensors(path, tensors):
    header, place, body = {}, 0, b""
    for name, values in tensors.items():
        raw = numpy.ascontiguousarray(values, dtype="<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": values.shape, "data_offsets": [place, place + len(raw)]}
        place += len(raw)
        body += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


OPERATIONS = {  # of layers that are more than one
    "gelu": ["Mul", "Erf", "Add", "Mul", "Mul"],
    "layer_norm": ["Reshape", "InstanceNormalization", "Reshape", "Mul", "Add"],
    "global_avg_pool": ["GlobalAveragePool", "Flatten"],
    "batch_norm": ["BatchNormalization"],
    "softplus": ["Softplus"],
}


def operations(layers):
    """What a list of layers becomes in ONNX; '?' where one has a name of its own there."""
    names = []
    for layer in layers:
        if layer["type"] == "residual":
            names += operations(layer["body"]) + operations(layer.get("shortcut", [])) + ["Add"]
        else:
            names += OPERATIONS.get(layer["type"], ["?"])
    return names


def softmax(logits):
    powers = numpy.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def tensors_of(path):
    with h5py.File(path) as file:
        return {name: file[name][:] for name in file if file[name].dtype == numpy.float32}


class InteropTest(e2e_case.E2eCase):
    def run_well(self, *arguments):
        result = self.run_hermes(*arguments)
        self.assert_ended_well(result)
        return result.stdout

    def assert_refused(self, result, words):
        self.assertEqual(result.code, 2, result)
        self.assertRegex(result.stderr, rf"\Ahermes: .*{words}[^\n]*\n\Z")

    def trained(self, name, model, loss="cross_entropy"):
        """A run directory: one round on noise, then biases that nobody can overlook."""
        shape = json.loads(re.search(r"^input = (\[[^]]*\])", model.read_text(), re.M).group(1))
        noise = numpy.random.default_rng(3)
        with h5py.File(self.scratch / f"{name}.h5", "w") as file:
            for split, rows in (("train", 100), ("test", 12)):
                file[f"{split}/x"] = noise.normal(size=(rows, *shape)).astype("f4")
                file[f"{split}/y"] = noise.integers(0, 5, rows)
        (self.scratch / f"{name}.toml").write_text(RUN.format(name=name, model=model, loss=loss))
        self.run_well("train", f"{name}.toml", "--out", name, "--quiet")
        with h5py.File(self.scratch / name / "model.h5", "r+") as file:
            for tensor in file:
                if tensor.endswith(".bias"):
                    file[tensor][:] = 0.1 * noise.normal(size=file[tensor].shape)
        return name

    def small(self):
        """A trained run of the small model, made once."""
        if not (self.scratch / "small-net").exists():
            model = self.scratch / "net.toml"
            model.write_text(
                'input = [2, 6, 5]\n[[layer]]\ntype = "conv2d"\nfilters = 3\nkernel = 3\npadding = "same"\n'
                '[[layer]]\ntype = "relu"\n[[layer]]\ntype = "flatten"\n[[layer]]\ntype = "dense"\nunits = 5\n'
            )
            self.trained("small-net", model)
        return "small-net"

    def test_onnx_of_every_model_computes_in_opencv_what_predict_says(self):
        models = sorted((self.source / "models").glob("*.toml"))
        models.append(self.source / "tests" / "parity" / "layers.toml")
        for model in models:
            for loss in ("cross_entropy", "mse"):
                with self.subTest(model=model.stem, loss=loss):
                    self.check_onnx(self.trained(f"{model.stem}-{loss}", model, loss), loss)

    def check_onnx(self, run, loss):
        self.run_well("export", "--model", run, "--format", "onnx", "--out", f"{run}.onnx")
        model = onnx.load(str(self.scratch / f"{run}.onnx"))
        onnx.checker.check_model(model, full_check=True)
        self.assertEqual([value.name for value in model.graph.input], ["input"])
        self.assertEqual([value.name for value in model.graph.output], ["output"])
        expected = operations(tomllib.loads(tensor_model(self.scratch / run))["layer"])
        self.assertEqual(len(model.graph.node), len(expected))
        for node, operation in zip(model.graph.node, expected):
            self.assertIn(operation, ("?", node.op_type))

        self.run_well("predict", "--model", run, "--data", f"{run}.h5", "--out", f"{run}-said.h5")
        network = cv2.dnn.readNetFromONNX(str(self.scratch / f"{run}.onnx"))
        with h5py.File(self.scratch / f"{run}.h5") as file:
            network.setInput(file["test/x"][:])
        outputs = network.forward()
        with h5py.File(self.scratch / f"{run}-said.h5") as said:
            if loss == "mse":
                self.assertEqual(list(said), ["outputs"])
                numpy.testing.assert_allclose(outputs, said["outputs"][:], rtol=0, atol=1e-4)
            else:
                self.assertEqual(list(said), ["class", "probabilities"])
                numpy.testing.assert_allclose(softmax(outputs), said["probabilities"][:], rtol=0, atol=1e-4)
                numpy.testing.assert_array_equal(outputs.argmax(axis=1), said["class"][:])

    def test_weights_are_the_same_in_every_format_and_from_a_checkpoint(self):
        run = self.small()
        expected = tensors_of(self.scratch / run / "model.h5")
        self.assertEqual(
            {name: values.shape for name, values in expected.items()},
            {"conv1.weight": (3, 2, 3, 3), "conv1.bias": (3,), "dense1.weight": (5, 90), "dense1.bias": (5,)},
        )
        self.run_well("export", "--model", run, "--format", "h5", "--out", "out.h5")
        self.run_well("export", "--model", f"{run}/model.h5", "--format", "safetensors", "--out", "out.safetensors")
        for found in (tensors_of(self.scratch / "out.h5"), read_safetensors(self.scratch / "out.safetensors")):
            self.assertEqual(found.keys(), expected.keys())
            for name, values in expected.items():
                numpy.testing.assert_array_equal(found[name], values)
        often = ["--set", "checkpoint.every_seconds=0.001", "--set", "stop.max_rounds=3"]
        self.run_well("train", f"{run}.toml", *often, "--out", "saved", "--quiet")
        checkpoint = next((self.scratch / "saved" / "checkpoints").glob("*.h5"))
        self.run_well("export", "--model", checkpoint, "--format", "h5", "--out", "of-checkpoint.h5")
        self.assertEqual(tensors_of(self.scratch / "of-checkpoint.h5").keys(), expected.keys())

    def test_running_statistics_leave_and_return_under_the_names_of_pytorch(self):
        model = self.scratch / "normalised-net.toml"
        model.write_text(
            'input = [2, 6, 5]\n[[layer]]\ntype = "conv2d"\nfilters = 3\nkernel = 3\n'
            '[[layer]]\ntype = "residual"\n[[layer.body]]\ntype = "batch_norm"\n'
            '[[layer.shortcut]]\ntype = "layer_norm"\n'
            '[[layer]]\ntype = "global_avg_pool"\n[[layer]]\ntype = "dense"\nunits = 5\n'
        )
        run = self.trained("normalised", model)
        self.run_well("export", "--model", run, "--format", "safetensors", "--out", "normalised.safetensors")
        exported = read_safetensors(self.scratch / "normalised.safetensors")
        kinds = ("weight", "bias", "running_mean", "running_var")
        self.assertEqual({name: exported[f"batch_norm1.{name}"].shape for name in kinds}, dict.fromkeys(kinds, (3,)))
        self.assertEqual(exported["layer_norm1.weight"].shape, (3, 4, 3))
        self.assertTrue((exported["batch_norm1.running_var"] > 0).all())
        self.assertTrue((exported["batch_norm1.running_mean"] != 0).all())
        known = {**exported, "batch_norm1.running_mean": numpy.array([1, 2, 3], dtype="f4")}
        write_safetensors(self.scratch / "known.safetensors", known)
        still = ["--set", "train.optimizer.learning_rate=1e-30", "--init", "known.safetensors", "--quiet"]
        self.run_well("train", f"{run}.toml", *still, "--out", "normalised-init")
        returned = tensors_of(self.scratch / "normalised-init" / "model.h5")
        numpy.testing.assert_array_equal(returned["batch_norm1.weight"], known["batch_norm1.weight"])
        # Ten steps with momentum 0.1 leave 0.9^10 of what it was, and add what they added to the zeros of
        # the first run, of which the convolution's biases are new.
        kept = 0.9**10 * numpy.array([1, 2, 3])
        added = exported["batch_norm1.running_mean"] + (1 - 0.9**10) * exported["conv1.bias"]
        numpy.testing.assert_allclose(returned["batch_norm1.running_mean"], kept + added, atol=0.03)

    def test_predictions_as_table(self):
        run = self.small()
        with h5py.File(self.scratch / f"{run}.h5", "a") as file:
            file.attrs["class_names"] = ["a", "b, or", 'c "d"', "e", "f"]
        for out in ("said.csv", "said.h5"):
            self.run_well("predict", "--model", run, "--data", f"{run}.h5", "--out", out)
        with open(self.scratch / "said.csv", newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        self.assertEqual(header, ["row", "class", "a", "b, or", 'c "d"', "e", "f"])
        with h5py.File(self.scratch / "said.h5") as said:
            self.assertEqual([name for name in said.attrs["class_names"]], header[2:])
            table = numpy.array([[float(value) for value in row] for row in rows])
            numpy.testing.assert_array_equal(table[:, 0], numpy.arange(12))
            numpy.testing.assert_array_equal(table[:, 1], said["class"][:])
            numpy.testing.assert_array_equal(table[:, 2:].astype("f4"), said["probabilities"][:])
        numpy.testing.assert_allclose(table[:, 2:].sum(axis=1), 1, atol=1e-5)

    def test_predictions_agree_with_evaluate(self):
        run = self.small()
        noise = numpy.random.default_rng(4)
        with h5py.File(self.scratch / "many.h5", "w") as file:  # more rows than are read at a time
            for split, rows in (("train", 10), ("test", 9000)):
                file[f"{split}/x"] = noise.normal(size=(rows, 2, 6, 5)).astype("f4")
                file[f"{split}/y"] = noise.integers(0, 5, rows)
        facts = json.loads(self.run_well("evaluate", "--model", run, "--data", "many.h5", "--json"))
        self.run_well("predict", "--model", run, "--data", "many.h5", "--out", "agree.h5")
        with h5py.File(self.scratch / "agree.h5") as said, h5py.File(self.scratch / "many.h5") as data:
            labels = data["test/y"][:]
            self.assertAlmostEqual(facts["accuracy"], float((said["class"][:] == labels).mean()), 6)
            chosen = said["probabilities"][:][numpy.arange(len(labels)), labels]
            self.assertAlmostEqual(facts["loss"], float(-numpy.log(chosen.astype("f8")).mean()), 4)

    def test_training_begins_with_the_weights_given(self):
        run = self.small()
        weights = tensors_of(self.scratch / run / "model.h5")
        write_safetensors(self.scratch / "own.safetensors", weights)
        with h5py.File(self.scratch / "own.h5", "w") as file:
            for name, values in weights.items():
                file[name] = values.astype("f8")
        still = ["--set", "train.optimizer.learning_rate=1e-30", "--quiet"]
        for number, init in enumerate([["--init", "own.safetensors"], ["--init", "own.h5"], ["--init", f"{run}/model.h5"],
                                       ["--set", "model.init=own.safetensors"]]):
            with self.subTest(init=init):
                self.run_well("train", f"{run}.toml", *init, *still, "--out", f"init-{number}")
                for name, values in tensors_of(self.scratch / f"init-{number}" / "model.h5").items():
                    numpy.testing.assert_array_equal(values, weights[name])
        result = self.launch(3, "train", f"{run}.toml", "--init", "own.h5", *still, "--out", "init-mpi")
        self.assert_ended_well(result)
        for name, values in tensors_of(self.scratch / "init-mpi" / "model.h5").items():
            numpy.testing.assert_allclose(values, weights[name], rtol=1e-6)

    def test_wrong_weights_are_one_line_with_tensor_expected_and_found(self):
        run = self.small()
        good = tensors_of(self.scratch / run / "model.h5")
        turned = {**good, "dense1.weight": good["dense1.weight"].T}
        missing = {name: values for name, values in good.items() if name != "conv1.bias"}
        spoilt = {**good, "conv1.bias": numpy.array([1, numpy.nan, 3], dtype="f4")}
        for tensors, words in [
            (turned, r"tensor dense1\.weight: expected \[5, 90\].*found \[90, 5\]"),
            (missing, r"tensor conv1\.bias: expected \[3\], found none"),
            ({**good, "conv2.bias": good["conv1.bias"]}, r"conv2\.bias"),
            (spoilt, r"tensor conv1\.bias: expected finite numbers, found NaN"),
        ]:
            with self.subTest(words=words):
                write_safetensors(self.scratch / "wrong.safetensors", tensors)
                result = self.run_hermes("train", f"{run}.toml", "--init", "wrong.safetensors", "--out", "wrong")
                self.assert_refused(result, rf"wrong\.safetensors: .*{words}")
        self.assertFalse((self.scratch / "wrong").exists())

    def test_damaged_safetensors_are_one_line(self):
        run = self.small()
        path = self.scratch / "damaged.safetensors"
        write_safetensors(path, tensors_of(self.scratch / run / "model.h5"))
        whole = path.read_bytes()
        (length,) = struct.unpack("<Q", whole[:8])
        header = json.loads(whole[8 : 8 + length])

        def with_bias(**changes):
            text = json.dumps({**header, "conv1.bias": {**header["conv1.bias"], **changes}}).encode()
            return struct.pack("<Q", len(text)) + text + whole[8 + length :]

        begin = header["conv1.bias"]["data_offsets"][0]
        for content, words in [
            (b"", "length of a safetensors header"),
            (whole[:8], "length of a safetensors header"),
            (struct.pack("<Q", 1 << 63) + whole[8:], "length of a safetensors header"),
            (struct.pack("<Q", 4) + b"[1,]" + whole, "header in JSON"),
            (whole[:-1], "bytes of values, found"),
            (whole + b"x", "bytes of values, found"),
            (with_bias(dtype="I8"), r"tensor conv1\.bias: expected dtype F32, .*found I8"),
            (with_bias(dtype=3), r"tensor conv1\.bias: expected dtype"),
            (with_bias(shape=[-3]), r"tensor conv1\.bias: expected a list of integers >= 0 as shape"),
            (with_bias(shape=[1 << 62, 1 << 62]), r"tensor conv1\.bias: expected as many bytes"),
            (with_bias(shape=[4]), r"tensor conv1\.bias: expected as many bytes"),
            (with_bias(data_offsets=[begin]), r"tensor conv1\.bias: expected data_offsets"),
            (with_bias(data_offsets=[begin + 4, begin + 16]), r"expected to begin at|expected [0-9]+ bytes of values"),
        ]:
            with self.subTest(words=words):
                path.write_bytes(content)
                result = self.run_hermes("train", f"{run}.toml", "--init", path, "--out", "damaged")
                self.assert_refused(result, words)

    def test_half_and_double_weights_are_read(self):
        run = self.small()
        weights = tensors_of(self.scratch / run / "model.h5")
        path = self.scratch / "types.safetensors"
        for kind, convert in [
            ("F64", lambda values: values.astype("<f8")),
            ("F16", lambda values: values.astype("<f2")),
            ("BF16", lambda values: (values.view("<u4") >> 16).astype("<u2")),
        ]:
            with self.subTest(kind=kind):
                header, place, body = {}, 0, b""
                for name, values in weights.items():
                    raw = convert(values).tobytes()
                    header[name] = {"dtype": kind, "shape": values.shape, "data_offsets": [place, place + len(raw)]}
                    place, body = place + len(raw), body + raw
                text = json.dumps(header).encode()
                path.write_bytes(struct.pack("<Q", len(text)) + text + body)
                still = ["--set", "train.optimizer.learning_rate=1e-30", "--quiet"]
                self.run_well("train", f"{run}.toml", "--init", path, *still, "--out", f"type-{kind}")
                for name, values in tensors_of(self.scratch / f"type-{kind}" / "model.h5").items():
                    numpy.testing.assert_allclose(values, weights[name], rtol=8e-3, atol=1e-7)

    def test_wrong_use_is_one_line_and_leaves_nothing(self):
        run = self.small()
        for arguments, words in [
            (["export", "--model", run, "--format", "pickle", "--out", "no.out"], "pickle"),
            (["export", "--model", "nowhere", "--format", "onnx", "--out", "no.out"], "nowhere: cannot open"),
            (["export", "--model", f"{run}.h5", "--format", "onnx", "--out", "no.out"], "expected"),
            (["predict", "--model", run, "--data", f"{run}.h5", "--out", "no.out"], r"ends in \.csv, \.h5"),
            (["predict", "--model", run, "--data", "small.h5", "--out", "no.csv"], "2x6x5.*1x28x28"),
            (["predict", "--model", run, "--data", f"{run}.h5", "--split", "validation", "--out", "no.csv"], "found none"),
            (["train", f"{run}.toml", "--init", "nowhere", "--out", "no.out"], "expected a readable.*found none"),
        ]:
            with self.subTest(arguments=arguments):
                self.assert_refused(self.run_hermes(*arguments), words)
        self.assertEqual(list(self.scratch.glob("no.*")), [])


def tensor_model(run):
    with h5py.File(run / "model.h5") as file:
        return file.attrs["model"]


if __name__ == "__main__":
    e2e_case.main()
