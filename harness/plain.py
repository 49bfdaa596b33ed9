"""DCT-SNN (ICCV 2021) in one file of plain torch: `python -m harness.plain` trains a small network in under a minute.

Read it from top to bottom. Equations and Algorithm 1 are those of the paper's supplementary. T timesteps, N images.
The rest of this package computes the same numbers faster; this file is what it is tested against.
"""

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor
from torch.optim import SGD, Adam, Optimizer
from torch.optim.lr_scheduler import StepLR

LEAK, GAMMA, DROPOUT = 0.9901, 0.3, 0.2  # λ of eq. 2, γ of eq. 11, dropout of the SNN

# ## The code: an image becomes T frames of spikes
# An image is cut into blocks of 4×4 pixels, and each block into its 16 frequencies. At each timestep one frequency is
# fed to the pixels, the coarsest first: a few steps have the outline of the image, and 16 steps have all of it. The
# pixels add it up and send spikes.


def basis(b: int = 4) -> Tensor:
    """The basis images of a b×b block (eq. 12): a row for each frequency `[b², b²]`, in zig-zag order."""
    u, x = torch.arange(b, dtype=torch.float64).view(-1, 1), torch.arange(b, dtype=torch.float64)
    cosine = math.sqrt(2 / b) * torch.cos(u * math.pi * (2 * x + 1) / (2 * b))
    cosine[0] /= math.sqrt(2)  # C_0 of eq. 12; with it the transform is orthonormal
    # Zig-zag: diagonal by diagonal, every second one upwards, so that coarse frequencies come before fine ones.
    places = [(row, column) for row in range(b) for column in range(b)]
    places.sort(key=lambda at: (sum(at), at[0] if sum(at) % 2 else at[1]))
    return torch.stack([torch.outer(cosine[row], cosine[column]).flatten() for row, column in places])


def contributions(images: Tensor, b: int = 4, stride: int = 4) -> Tensor:
    """What each frequency adds to each pixel, `[b², N, C, H', W']`, of images `[N, C, H, W]` in [-1, 1].

    Their sum is the image. With stride < b the blocks overlap, and are laid side by side in a larger map.
    """
    shapes = basis(b).to(images)
    blocks = images.unfold(2, b, stride).unfold(3, b, stride)  # [N, C, rows, columns, b, b]
    coefficients = blocks.flatten(4) @ shapes.T  # F of eq. 12
    added = (coefficients[..., None] * shapes).view(*blocks.shape[:4], b * b, b, b)
    return added.permute(4, 0, 1, 2, 5, 3, 6).flatten(5).flatten(3, 4)  # blocks side by side again


def schedule(timesteps: int, frequencies: int = 16, interleaved: bool = False) -> list[int]:
    """The frequency fed at each step: 0, 1, 2, …, again and again (Algorithm 1), or 0, 0, 0, 1, 1, 1, … (§6).

    Fewer than 16 frequencies leave out the finest ones. Algorithm 1 counts t from 1; here frequency 0 comes first.
    """
    return [t * frequencies // timesteps if interleaved else t % frequencies for t in range(timesteps)]


def code_thresholds(added: Tensor) -> tuple[float, float]:
    """θ⁻ < 0 < θ⁺ of the code: the 6.5th and 93.5th percentile of contributions to training images (here 2,000)."""
    lower, upper = np.percentile(added.numpy(), [6.5, 93.5])
    return float(lower), float(upper)


def encode(added: Tensor, order: Sequence[int], thresholds: tuple[float, float]) -> Tensor:
    """Spikes −1, 0, 1 `[T, N, C, H', W']`: each pixel adds up what arrives, and fires where the sum passes θ⁺ or θ⁻."""
    lower, upper = thresholds
    v, train = torch.zeros_like(added[0]), []
    for k in order:
        v = v + added[k]
        spikes = (v > upper).to(v) - (v < lower).to(v)
        v = v - upper * (spikes > 0) - lower * (spikes < 0)  # what is sent leaves; the rest waits for the next step
        train.append(spikes)
    return torch.stack(train)


# ## The neuron
# A neuron's membrane u leaks, integrates its input, and fires where it passes the threshold θ. A spike takes θ off the
# membrane and leaves the rest. The paper states the leak in two ways, which differ after a spike; here are both.

Reading = Literal["equation", "algorithm"]


class Spike(torch.autograd.Function):
    """1 where u > θ (eq. 3). Its true derivative is zero nearly everywhere, so backward gives eq. 11 in its place."""

    @staticmethod
    def forward(ctx: Any, u: Tensor, threshold: float) -> Tensor:
        ctx.save_for_backward(u)
        ctx.threshold = threshold
        return (u > threshold).to(u)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        (u,) = ctx.saved_tensors
        return grads[0] * GAMMA * (1 - (u / ctx.threshold - 1).abs()).clamp(min=0), None


def lif(u: Tensor, threshold: float, reading: Reading = "equation") -> tuple[Tensor, Tensor]:
    """The spikes of membranes u, and what is left of u for the next step, to which the next input is added."""
    spikes: Tensor = Spike.apply(u, threshold)  # type: ignore[no-untyped-call]
    fired = spikes.detach()  # no gradient passes through the reset, which the paper leaves open
    if reading == "equation":
        return spikes, LEAK * u - threshold * fired  # eq. 2: the membrane always leaks
    return spikes, torch.where(fired > 0, u - threshold, LEAK * u)  # Algorithm 1: it leaks only without a spike


# ## The network
# One set of weights is used twice: by an ANN with ReLU, which is quick to train, and by the SNN, which starts from it.
# There is no bias, which would make the thresholds harder to find, and no batch norm (§2.2).

Draws = Generator | None


@dataclass
class Layer:
    """Weights `[out, in]`, or `[out, in, 3, 3]` of a convolution; dropout and average pooling follow the neurons."""

    weight: Tensor
    dropout: float = 0.0
    pool: bool = False

    def current(self, x: Tensor) -> Tensor:
        """What the layer feeds its neurons: its weights times its inputs `[N, …]`."""
        return F.conv2d(x, self.weight, padding=1) if self.weight.dim() == 4 else F.linear(x.flatten(1), self.weight)

    def gain(self, x: Tensor, draws: Draws) -> Tensor:
        """A dropout mask for outputs x: 0 or 1/(1 − p); without `draws`, as in a test, nothing is dropped."""
        if draws is None or self.dropout == 0:
            return torch.ones_like(x)
        return (torch.rand(x.shape, generator=draws) >= self.dropout).to(x) / (1 - self.dropout)

    def handed_on(self, x: Tensor, gain: Tensor) -> Tensor:
        """Outputs x of the neurons, as the next layer receives them."""
        return F.avg_pool2d(x * gain, 2) if self.pool else x * gain


def network(shape: Sequence[int], features: str, linear: Sequence[int], draws: Generator) -> list[Layer]:
    """Layers for images (C, H, W) in the paper's notation, with Xavier's initial weights.

    features: "64 A 128 D" is a convolution of 64 channels, average pooling, one of 128 channels, dropout.
    linear: the widths of the linear layers that follow; the last one is the number of classes.
    """
    layers: list[Layer] = []
    channels, height, width = shape
    for token in features.split():
        if token == "A":
            layers[-1].pool, height, width = True, height // 2, width // 2
        elif token == "D":
            layers[-1].dropout = DROPOUT
        else:
            layers.append(Layer(torch.empty(int(token), channels, 3, 3)))
            channels = int(token)
    inputs = channels * height * width
    for outputs in linear:
        layers.append(Layer(torch.empty(outputs, inputs), DROPOUT))
        inputs = outputs
    layers[-1].dropout = 0.0  # the output layer has no neurons that could be dropped
    for layer in layers:
        torch.nn.init.xavier_uniform_(layer.weight, generator=draws).requires_grad_()
    return layers


def ann(layers: list[Layer], x: Tensor, draws: Draws = None) -> Tensor:
    """Logits `[N, classes]` of images `[N, C, H, W]`."""
    for layer in layers[:-1]:
        x = F.relu(layer.current(x))
        x = layer.handed_on(x, layer.gain(x, draws))
    return layers[-1].current(x)


def snn(
    layers: list[Layer], train: Tensor, thresholds: list[float], reading: Reading = "equation", draws: Draws = None
) -> Tensor:
    """The currents `[T, N, …]` that reach the last layer, for spikes `[T, N, C, H, W]` (Algorithm 1, forward phase).

    thresholds: of every layer but the last. An output layer only accumulates: U_t is the sum of its currents (eq. 4).
    """
    left: list[Tensor] = [torch.zeros(())] * len(thresholds)  # every membrane starts at zero
    gains: list[Tensor] = []
    currents = []
    for x in train:
        for index, (layer, threshold) in enumerate(zip(layers[:-1], thresholds, strict=True)):
            spikes, left[index] = lif(left[index] + layer.current(x), threshold, reading)
            if len(gains) == index:  # at the first timestep: the mask is the same at all of them (§2.2)
                gains.append(layer.gain(spikes, draws))
            x = layer.handed_on(spikes, gains[index])
        currents.append(layers[-1].current(x))
    return torch.stack(currents)


# ## From ANN to SNN
# The SNN takes over the weights, and each layer gets a threshold (§1.3): the 99.9th percentile of its input over all
# timesteps. With the maximum in its place, the paper says, spikes vanish in deep layers. A layer's input depends on the
# thresholds before it, so they are found one after the other.


@torch.no_grad()
def balance(layers: list[Layer], train: Tensor, reading: Reading = "equation") -> list[float]:
    """A threshold for every layer but the last, from spikes `[T, N, C, H, W]` of training images."""
    thresholds: list[float] = []
    for depth in range(1, len(layers)):
        seen = snn(layers[:depth], train, thresholds, reading)
        thresholds.append(float(np.percentile(seen.numpy(), 99.9)))
    return thresholds


# ## Training
# The same loop trains the ANN and then the SNN. In the SNN, autograd goes back through all timesteps: that is
# backpropagation through time (§1.2). The loss is the cross-entropy of the accumulated output (eq. 5, 6).


def fit(
    logits: Callable[[Tensor], Tensor],
    optimizer: Optimizer,
    images: Tensor,
    labels: Tensor,
    epochs: int,
    draws: Generator,
) -> None:
    """Train the weights that `optimizer` holds, in batches of 64; its learning rate is halved twice on the way."""
    rates = StepLR(optimizer, math.ceil(epochs / 3), 0.5)
    for _ in range(epochs):
        for chosen in torch.randperm(len(images), generator=draws).split(64):
            loss = F.cross_entropy(logits(images[chosen]), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        rates.step()


def accuracy(outputs: Tensor, labels: Tensor) -> Tensor:
    """Percent of images classified rightly, of outputs `[…, N, classes]`: with `[T, …]`, after every timestep."""
    return (outputs.argmax(-1) == labels).double().mean(-1) * 100


# ## An example
# A network with one hidden layer, as in Table 1, on fewer images and with fewer epochs than the paper's.


def data() -> tuple[str, Tensor, Tensor, Tensor, Tensor]:
    """A name, then training images in [-1, 1] and labels, then those of the test; MNIST if HARNESS_DATA has it."""
    try:
        from torchvision.datasets import MNIST

        folder = os.environ.get("HARNESS_DATA", "")
        one, other = MNIST(folder, train=True, download=False), MNIST(folder, train=False, download=False)
        images, test_images = (part.data.unsqueeze(1) / 127.5 - 1 for part in (one, other))
        return "MNIST", images[:10_000], one.targets[:10_000], test_images[:2000], other.targets[:2000]
    except RuntimeError:  # the files are not there
        return digits()


def digits() -> tuple[str, Tensor, Tensor, Tensor, Tensor]:
    """The same of scikit-learn's 8×8 digits."""
    from sklearn.datasets import load_digits

    loaded = load_digits()
    images = torch.from_numpy(loaded.images).float().unsqueeze(1) / 8 - 1  # grey levels 0 … 16
    labels = torch.from_numpy(loaded.target)
    return "8×8 digits", images[360:], labels[360:], images[:360], labels[:360]


def main(timesteps: int = 16) -> None:
    """Train 784-100-10 on a part of MNIST, or 64-100-10 on 8×8 digits, and print its accuracy at each timestep."""
    draws = Generator().manual_seed(0)
    name, images, labels, test_images, test_labels = data()
    print(f"{name}: {len(images):,} training images, {len(test_images):,} test images")
    layers = network(images[0].shape, "", [100, 10], draws)
    weights = [layer.weight for layer in layers]

    # The paper's rate of 0.1 is too high for a network as small as this.
    sgd = SGD(weights, lr=0.02, momentum=0.9, weight_decay=1e-4)
    fit(lambda x: ann(layers, x, draws), sgd, images, labels, 15, draws)
    print(f"accuracy of the ANN: {accuracy(ann(layers, test_images), test_labels):.2f} %")

    added = contributions(images[:2000])
    order, ends = schedule(timesteps), code_thresholds(added)
    thresholds = balance(layers, encode(added, order, ends))

    def outputs(x: Tensor, draws: Draws = None) -> Tensor:
        return snn(layers, encode(contributions(x), order, ends), thresholds, draws=draws).cumsum(0)  # U_t, eq. 4

    print(f"accuracy of the SNN before fine-tuning: {accuracy(outputs(test_images), test_labels)[-1]:.2f} %")
    # The paper's rate is 1e-4, for twenty to thirty epochs.
    adam = Adam(weights, lr=5e-4, weight_decay=5e-4)
    fit(lambda x: outputs(x, draws)[-1], adam, images, labels, 6, draws)
    reached = accuracy(outputs(test_images), test_labels).tolist()
    for t, percent in enumerate(reached, start=1):
        print(f"step {t:2}: {percent:.2f} %")
    print(f"accuracy after {timesteps} steps: {reached[-1]:.2f} %")


if __name__ == "__main__":
    main()
