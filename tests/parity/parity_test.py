"""The same model, batch and optimizer in Hermes and in PyTorch: parity_test.py PROBE MODELS LAYERS

PROBE trains a few steps and writes down weights, gradients, outputs and loss; this script builds
the same model in PyTorch from the same model file and compares. Exit code 77: PyTorch is missing.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import tomllib  # Python 3.11

    import h5py
    import numpy as np
    import torch
    from torch import nn
except ImportError as error:
    print(f"skipped: {error} (apt install python3-torch python3-h5py)")
    sys.exit(77)

GRADIENT_TOLERANCE = 1e-4  # times the largest value of a tensor
OPTIMIZER_TOLERANCE = 1e-5  # absolute and relative, element by element
STEPS = 5


class SamePadding(nn.Module):
    """Zeros so that the output has ceil(input / stride) pixels; an odd one below and right."""

    def __init__(self, kernel, stride):
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x):
        amounts = []
        for size in (x.shape[3], x.shape[2]):
            outputs = -(-size // self.stride)
            total = max((outputs - 1) * self.stride + self.kernel - size, 0)
            amounts += [total // 2, total - total // 2]
        return nn.functional.pad(x, amounts)


def activation(layer):
    return {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "flatten": nn.Flatten,
            "leaky_relu": lambda: nn.LeakyReLU(layer.get("slope", 0.01))}[layer["type"]]()


def build(file):
    """The network of a model file, and its modules with parameters by their name in Hermes."""
    model = tomllib.loads(file.read_text())
    modules, named, counts = [], {}, {"conv": 0, "dense": 0}
    example = torch.zeros(1, *model["input"])

    def add(module, stem=None):
        nonlocal example
        modules.append(module)
        example = module(example)
        if stem:
            counts[stem] += 1
            named[f"{stem}{counts[stem]}"] = module

    for layer in model["layer"]:
        kind = layer["type"]
        if kind == "conv2d":
            stride, padding = layer.get("stride", 1), layer.get("padding", "valid")
            if padding == "same":
                add(SamePadding(layer["kernel"], stride))
            add(nn.Conv2d(example.shape[1], layer["filters"], layer["kernel"], stride,
                          padding if isinstance(padding, int) else 0), "conv")
        elif kind == "dense":
            add(nn.Linear(example.shape[1], layer["units"]), "dense")
        elif kind in ("max_pool2d", "avg_pool2d"):
            pool = nn.MaxPool2d if kind == "max_pool2d" else nn.AvgPool2d
            add(pool(layer["size"], layer.get("stride", layer["size"])))
        else:
            add(activation(layer))
    return nn.Sequential(*modules), named


def load(named, group):
    with torch.no_grad():
        for name, module in named.items():
            module.weight.copy_(torch.from_numpy(group[f"{name}.weight"][...]))
            module.bias.copy_(torch.from_numpy(group[f"{name}.bias"][...]))


def parameters(named):
    return {f"{name}.{kind}": getattr(module, kind)
            for name, module in named.items() for kind in ("weight", "bias")}


def expect_close(what, found, expected, tolerance):
    """Returns the largest difference as a part of the largest value."""
    expected = np.asarray(expected)
    assert found.shape == expected.shape, f"{what}: shape {found.shape}, torch {expected.shape}"
    largest = np.abs(found - expected).max()
    bound = tolerance * np.abs(expected).max()
    assert largest <= bound, f"{what}: differs by {largest:.3g}, allowed {bound:.3g}"
    return largest / np.abs(expected).max()


def loss_of(outputs, labels, kind, smoothing):
    if kind == "cross_entropy":
        return nn.functional.cross_entropy(outputs, labels, label_smoothing=smoothing)
    return nn.functional.mse_loss(outputs, nn.functional.one_hot(labels, outputs.shape[1]).float())


def check_gradients(file, model_file, loss_kind, smoothing=0.0):
    network, named = build(model_file)
    load(named, file["weights0"])
    assert set(file["weights0"]) == set(parameters(named))
    outputs = network(torch.from_numpy(file["inputs"][...]))
    loss = loss_of(outputs, torch.from_numpy(file["labels"][...]).long(), loss_kind, smoothing)
    loss.backward()
    expect_close("outputs", file["outputs"][...], outputs.detach().numpy(), GRADIENT_TOLERANCE)
    expect_close("loss", np.float64(file.attrs["loss"]), loss.item(), GRADIENT_TOLERANCE)
    largest = 0.0
    for name, parameter in parameters(named).items():
        gradient = parameter.grad.numpy()
        assert np.abs(gradient).max() > 0, f"{name}: a gradient of nothing compares nothing"
        largest = max(largest, expect_close(f"gradient of {name}", file[f"gradients0/{name}"][...],
                                            gradient, GRADIENT_TOLERANCE))
    return largest


def check_steps(file, model_file, make_optimizer):
    """Feeds PyTorch's optimizer with our gradients: Adam would blow rounding of tiny ones up."""
    _, named = build(model_file)
    load(named, file["weights0"])
    tensors = parameters(named)
    optimizer = make_optimizer(list(tensors.values()))
    largest = 0.0
    for step in range(STEPS):
        for name, tensor in tensors.items():
            tensor.grad = torch.from_numpy(file[f"gradients{step}/{name}"][...])
        optimizer.step()
        for name, tensor in tensors.items():
            found, expected = file[f"weights{step + 1}/{name}"][...], tensor.detach().numpy()
            np.testing.assert_allclose(found, expected, rtol=OPTIMIZER_TOLERANCE,
                                       atol=OPTIMIZER_TOLERANCE, err_msg=f"step {step}: {name}")
            largest = max(largest, np.abs(found - expected).max())
    start, end = (file[f"weights{step}/dense1.weight"][...] for step in (0, STEPS))
    assert np.abs(end - start).max() > 100 * OPTIMIZER_TOLERANCE, "the optimizer did nothing"
    return largest


def optimizer_cases():
    sgd, adam, adamw = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW
    return [
        ("sgd", {"learning_rate": 0.05, "momentum": 0.0}, lambda p: sgd(p, 0.05)),
        ("sgd", {"learning_rate": 0.05, "momentum": 0.9}, lambda p: sgd(p, 0.05, momentum=0.9)),
        ("sgd", {"learning_rate": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.02},
         lambda p: sgd(p, 0.05, momentum=0.8, nesterov=True, weight_decay=0.02)),
        ("adam", {"learning_rate": 0.003}, lambda p: adam(p, 0.003)),
        ("adam", {"learning_rate": 0.003, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-6,
                  "weight_decay": 0.05},
         lambda p: adam(p, 0.003, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.05)),
        ("adamw", {"learning_rate": 0.003}, lambda p: adamw(p, 0.003)),
        ("adamw", {"learning_rate": 0.003, "weight_decay": 0.2},
         lambda p: adamw(p, 0.003, weight_decay=0.2)),
    ]


def run_probe(probe, model_file, directory, steps, settings):
    output = os.path.join(directory, "probe.h5")
    subprocess.run([probe, str(model_file), output, str(steps), *settings], check=True)
    return h5py.File(output, "r")


def main(probe, models, layers):
    torch.set_num_threads(1)
    files = [pathlib.Path(models) / f"{name}.toml" for name in ("mlp", "cnn", "alexnet_s")]
    with tempfile.TemporaryDirectory() as directory:
        for model_file in files + [pathlib.Path(layers)]:
            for loss in ("cross_entropy", "mse"):
                with run_probe(probe, model_file, directory, 1, [f"train.loss={loss}"]) as file:
                    largest = check_gradients(file, model_file, loss)
                print(f"{model_file.stem}, {loss}: gradients differ by {largest:.2g} of the largest")
        smoothed = ["train.loss=cross_entropy", "train.label_smoothing=0.2"]
        with run_probe(probe, files[0], directory, 1, smoothed) as file:
            largest = check_gradients(file, files[0], "cross_entropy", 0.2)
        print(f"{files[0].stem}, label_smoothing 0.2: gradients differ by {largest:.2g} of the largest")
        for kind, settings, make_optimizer in optimizer_cases():
            overrides = [f"train.optimizer.{key}={str(value).lower()}"
                         for key, value in settings.items()]
            with run_probe(probe, files[0], directory, STEPS,
                           [f"train.optimizer.type={kind}", *overrides]) as file:
                largest = check_steps(file, files[0], make_optimizer)
            print(f"{kind} {settings}: weights differ by {largest:.2g} at most")


if __name__ == "__main__":
    main(*sys.argv[1:])
