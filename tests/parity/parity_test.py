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


class Residual(nn.Module):
    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


def simple(layer):
    """A layer without weights."""
    return {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "flatten": nn.Flatten,
            "gelu": nn.GELU, "softplus": nn.Softplus,
            "global_avg_pool": lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
            "leaky_relu": lambda: nn.LeakyReLU(layer.get("slope", 0.01))}[layer["type"]]()


def batch_norm(layer, shape):
    kind = nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d
    return kind(shape[1], layer.get("epsilon", 1e-5), layer.get("momentum", 0.1))


class Builder:
    """Modules of layers, and those with parameters by their name in Hermes."""

    def __init__(self):
        self.named, self.counts = {}, {}
        self.without_bias = set()  # batch normalisation takes their bias away again

    def name(self, stem, module):
        self.counts[stem] = self.counts.get(stem, 0) + 1
        self.named[f"{stem}{self.counts[stem]}"] = module
        return module

    def chain(self, layers, example):
        """Returns the module and what it makes of the example."""
        modules = []
        for layer in layers:
            for module in self.modules(layer, example, modules[-1] if modules else None):
                modules.append(module)
                module.eval()
                example = module(example)
                module.train()
        return nn.Sequential(*modules), example

    def modules(self, layer, example, previous):
        kind, shape = layer["type"], example.shape
        if kind == "conv2d":
            stride, padding = layer.get("stride", 1), layer.get("padding", "valid")
            conv = nn.Conv2d(shape[1], layer["filters"], layer["kernel"], stride,
                             padding if isinstance(padding, int) else 0)
            same = [SamePadding(layer["kernel"], stride)] if padding == "same" else []
            return [*same, self.name("conv", conv)]
        if kind == "dense":
            return [self.name("dense", nn.Linear(shape[1], layer["units"]))]
        if kind == "batch_norm":
            last = next(reversed(self.named), None)
            if last and isinstance(previous, (nn.Conv2d, nn.Linear)):
                self.without_bias.add(f"{last}.bias")
            return [self.name(kind, batch_norm(layer, shape))]
        if kind == "layer_norm":
            return [self.name(kind, nn.LayerNorm(shape[1:], layer.get("epsilon", 1e-5)))]
        if kind == "residual":
            body, _ = self.chain(layer["body"], example)
            return [Residual(body, self.chain(layer.get("shortcut", []), example)[0])]
        if kind in ("max_pool2d", "avg_pool2d"):
            pool = nn.MaxPool2d if kind == "max_pool2d" else nn.AvgPool2d
            return [pool(layer["size"], layer.get("stride", layer["size"]))]
        return [simple(layer)]


def build(file):
    """The network of a model file, its modules with parameters by their name in Hermes, and the biases
    without effect."""
    model = tomllib.loads(file.read_text())
    builder = Builder()
    network, _ = builder.chain(model["layer"], torch.zeros(1, *model["input"]))
    return network, builder.named, builder.without_bias


def tensors_of(named, kinds):
    return {f"{name}.{kind}": getattr(module, kind) for name, module in named.items()
            for kind in kinds if hasattr(module, kind)}


def parameters(named):
    return tensors_of(named, ("weight", "bias"))


def statistics(named):
    return tensors_of(named, ("running_mean", "running_var"))


def load(named, group):
    everything = {**parameters(named), **statistics(named)}
    assert set(group) == set(everything)
    with torch.no_grad():
        for name, tensor in everything.items():
            tensor.copy_(torch.from_numpy(group[name][...]))


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
    return nn.functional.mse_loss(outputs, nn.functional.one_hot(labels, outputs.shape[1]).to(outputs.dtype))


def check_gradients(file, model_file, loss_kind, smoothing=0.0):
    network, named, without_bias = build(model_file)
    load(named, file["weights0"])
    # In double precision: of the many ReLUs of a deep network one or another switches by rounding.
    network.double()
    inputs = torch.from_numpy(file["inputs"][...]).double()
    outputs = network(inputs)
    loss = loss_of(outputs, torch.from_numpy(file["labels"][...]).long(), loss_kind, smoothing)
    loss.backward()
    expect_close("outputs", file["outputs"][...], outputs.detach().numpy(), GRADIENT_TOLERANCE)
    expect_close("loss", np.float64(file.attrs["loss"]), loss.item(), GRADIENT_TOLERANCE)
    largest = 0.0
    for name, parameter in parameters(named).items():
        gradient = parameter.grad.numpy()
        if name in without_bias:
            bound = GRADIENT_TOLERANCE * named[name.removesuffix(".bias")].weight.grad.abs().max().item()
            assert max(np.abs(gradient).max(), np.abs(file[f"gradients0/{name}"][...]).max()) < bound, name
            continue
        assert np.abs(gradient).max() > 0, f"{name}: a gradient of nothing compares nothing"
        largest = max(largest, expect_close(f"gradient of {name}", file[f"gradients0/{name}"][...],
                                            gradient, GRADIENT_TOLERANCE))
    for name, expected in statistics(named).items():
        expect_close(name, file[f"weights1/{name}"][...], expected.numpy(), GRADIENT_TOLERANCE)
        assert not np.any(file[f"gradients0/{name}"][...]), f"{name}: a gradient"
    network.eval()
    with torch.no_grad():
        said = network(inputs).numpy()
    expect_close("evaluation", file["evaluated"][...], said, GRADIENT_TOLERANCE)
    return largest


def check_steps(file, model_file, make_optimizer):
    """Feeds PyTorch's optimizer with our gradients: Adam would blow rounding of tiny ones up."""
    _, named, _ = build(model_file)
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
    files = [pathlib.Path(models) / f"{name}.toml" for name in
             ("mlp", "cnn", "alexnet_s", "linear", "lenet5", "resnet8")]
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
