"""PyTorch: torch.nn with autograd, channels first as it wants them."""

import os

import numpy as np
import torch
from torch import nn
from work import Pass, Training

from contestants import NotDone

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))


def build(work, weights=None) -> dict:
    """{way: step}"""
    return (
        training(work, weights) if isinstance(work, Training) else passes(work, weights)
    )


def put(parameter, array) -> None:
    with torch.no_grad():
        parameter.copy_(torch.from_numpy(np.ascontiguousarray(array)))


class Conv(nn.Module):
    """Convolution, batch normalization and ReLU, each where wanted."""

    def __init__(self, name, weights, channels, filters, size, stride=1, padding="same",
                 activation=None, bn=False):  # fmt: skip
        super().__init__()
        # Of an even number of rows TensorFlow pads less before than after, at stride 2.
        self.pad = (0, 1, 0, 1) if stride == 2 and size == 3 else None
        pad = 0 if self.pad or padding == "valid" else size // 2
        self.conv = nn.Conv2d(channels, filters, size, stride, pad, bias=not bn)
        self.bn = nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01) if bn else None
        self.activation = activation
        if weights:
            put(self.conv.weight, weights[name][0].transpose(3, 2, 0, 1))
            if not bn:
                put(self.conv.bias, weights[name][1])

    def forward(self, x):
        x = nn.functional.pad(x, self.pad) if self.pad else x
        x = self.conv(x)
        x = self.bn(x) if self.bn else x
        return nn.functional.relu(x) if self.activation == "relu" else x


class Residual(nn.Module):
    def __init__(self, name, weights, channels, filters, stride):
        super().__init__()
        self.a = Conv(
            f"{name}_a",
            weights,
            channels,
            filters,
            3,
            stride,
            activation="relu",
            bn=True,
        )
        self.b = Conv(f"{name}_b", weights, filters, filters, 3, bn=True)
        self.c = nn.Identity()
        if stride > 1:
            self.c = Conv(f"{name}_c", weights, channels, filters, 1, stride, bn=True)

    def forward(self, x):
        return nn.functional.relu(self.b(self.a(x)) + self.c(x))


class Flatten(nn.Module):
    """In the order of channels last, as the dense layer's weights want it."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).reshape(len(x), -1)


def model(work: Training, weights=None) -> nn.Module:
    """The network up to the logits."""
    stack, shape = [], work.shape
    for i, (kind, options) in enumerate(work.blocks):
        name = f"block{i}"
        if kind == "dense":
            dense = nn.Linear(shape[-1], options["units"])
            if weights:
                put(dense.weight, weights[name][0].T)
                put(dense.bias, weights[name][1])
            stack.append(dense)
            if options["activation"] == "relu":
                stack.append(nn.ReLU())
            shape = (options["units"],)
        elif kind in ("conv", "conv-bn-relu"):
            extra = {"bn": True, "activation": "relu"} if kind != "conv" else {}
            stack.append(Conv(name, weights, shape[-1], **{**options, **extra}))
            lost = 4 if options.get("padding") == "valid" else 0
            shape = (shape[0] - lost, shape[1] - lost, options["filters"])
        elif kind == "residual":
            stack.append(Residual(name, weights, shape[-1], **options))
            shape = (*(n // options["stride"] for n in shape[:2]), options["filters"])
        elif kind == "pool":
            stack.append(nn.MaxPool2d(2))
            shape = (shape[0] // 2, shape[1] // 2, shape[2])
        elif kind == "flatten":
            stack.append(Flatten())
            shape = (int(np.prod(shape)),)
        else:
            stack += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
            shape = shape[-1:]
    return nn.Sequential(*stack)


def rule(work: Training, parameters):
    if work.optimizer == "Adam":
        return torch.optim.Adam(parameters, work.learning_rate, eps=1e-7)
    momentum = 0.9 if work.optimizer == "momentum" else 0.0
    return torch.optim.SGD(parameters, work.learning_rate, momentum=momentum)


def training(work: Training, weights):
    x, y = map(torch.from_numpy, work.data())
    x = x.permute(0, 3, 1, 2).contiguous() if x.ndim == 4 else x
    net = model(work, weights)
    optimizer, loss = rule(work, net.parameters()), nn.CrossEntropyLoss()

    def step(x=x, y=y):
        optimizer.zero_grad()
        value = loss(net(x), y)
        value.backward()
        optimizer.step()
        return value.detach()

    if not work.samples:
        return {"autograd": step}
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(x, y), work.batch, shuffle=True
    )

    def loaded():
        for batch in loader:
            step(*batch)

    def drawn():
        for rows in torch.randperm(len(x)).split(work.batch):
            step(x[rows], y[rows])

    return {"DataLoader": loaded, "batches by index": drawn}


def passes(work: Pass, weights):
    channels = work.shape[-1]
    if work.layer == "LSTM":
        return lstm(work, weights)
    if work.layer == "Conv2D":
        size, filters = work.options["kernel_size"], work.options["filters"]
        layer = nn.Conv2d(channels, filters, size, padding=size // 2)
        if weights:
            put(layer.weight, weights["layer"][0].transpose(3, 2, 0, 1))
            put(layer.bias, weights["layer"][1])
    elif work.layer == "BatchNormalization":
        layer, filters = nn.BatchNorm2d(channels, eps=1e-3), channels
    elif work.layer == "Dropout":
        layer, filters = nn.Dropout(work.options["rate"]), channels
    elif work.layer == "MaxPooling2D":
        layer, filters = nn.MaxPool2d(work.options["pool_size"]), channels
    else:
        raise NotDone(f"no {work.layer} here")
    half = work.layer == "MaxPooling2D"
    n, height, width, _ = work.shape
    y_shape = (n, height // (1 + half), width // (1 + half), filters)
    x, dy = (
        torch.from_numpy(a.transpose(0, 3, 1, 2).copy()) for a in work.data(y_shape)
    )
    step = gradient(layer, x, dy)
    return {"autograd": lambda: step().permute(0, 2, 3, 1)}


def gradient(layer, x, dy):
    """A step: dL/dx and the gradients of the weights."""
    x.requires_grad_(True)
    wanted = [x, *layer.parameters()]
    return lambda: torch.autograd.grad(layer(x), wanted, dy)[0]


class Last(nn.Module):
    """The last output of an LSTM."""

    def __init__(self, lstm):
        super().__init__()
        self.lstm = lstm

    def forward(self, x):
        return self.lstm(x)[0][:, -1]


def lstm(work: Pass, weights):
    units = work.options["units"]
    layer = nn.LSTM(work.shape[-1], units, batch_first=True)
    if weights:  # gates i, f, c, o in both; one bias here, two there
        kernel, recurrent, bias = weights["layer"]
        put(layer.weight_ih_l0, kernel.T)
        put(layer.weight_hh_l0, recurrent.T)
        put(layer.bias_ih_l0, bias)
        put(layer.bias_hh_l0, np.zeros_like(bias))
    x, dy = map(torch.from_numpy, work.data((work.shape[0], units)))
    return {"autograd": gradient(Last(layer), x, dy)}
