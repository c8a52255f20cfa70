"""One training step of many small networks in JAX and PyTorch: 13-50-1, ReLU, Gaussian loss and prior, Adam.

`surprisal bench sweep --peers PYTHON` starts this, one process for each engine; a call is some epochs of every model, the
shuffled order of rows included. One thread.
"""

import math

import peers  # Sets one thread before numpy is loaded.

import numpy as np

SIGMA, TAU, LR = 0.5, 1.0, 1e-3


def data(t):
    x = np.fromfile(t["x"], np.float32).reshape(t["rows"], t["features"])
    return x, np.fromfile(t["y"], np.float32)


def initial(t, rng):
    """Weights of every model, stacked."""
    n, inputs, width = t["models"], t["features"], t["width"]
    uniform = lambda shape, fan: rng.uniform(-1, 1, shape).astype(np.float32) / math.sqrt(fan)
    return [
        uniform((n, inputs, width), inputs),
        uniform((n, width), inputs),
        uniform((n, width, 1), width),
        uniform((n, 1), width),
    ]


def orders(t, rng):
    """Rows of each step of one epoch, for each model: [models, steps, batch]."""
    steps = t["rows"] // t["batch"]
    order = np.stack([rng.permutation(t["rows"]) for _ in range(t["models"])])
    return order[:, : steps * t["batch"]].reshape(t["models"], steps, t["batch"])


def jax_scan(t):
    import jax
    import jax.numpy as jnp

    x, y = (jnp.asarray(it) for it in data(t))
    rng = np.random.default_rng(0)
    theta = [jnp.asarray(it) for it in initial(t, rng)]
    share = t["batch"] / t["rows"]

    def loss(theta, x, y):
        w1, b1, w2, b2 = theta
        mu = (jax.nn.relu(x @ w1 + b1) @ w2 + b2)[:, 0]
        nll = jnp.sum(0.5 * ((y - mu) / SIGMA) ** 2 + math.log(SIGMA) + peers.HALF_LN_TAU)
        prior = sum(jnp.sum(0.5 * (p / TAU) ** 2) for p in theta)
        return (nll + share * prior) / t["batch"]

    def step(state, rows):
        theta, m, v, k = state
        value, g = jax.value_and_grad(loss)(theta, x[rows], y[rows])
        k = k + 1
        m = [0.9 * a + 0.1 * b for a, b in zip(m, g)]
        v = [0.999 * a + 0.001 * b * b for a, b in zip(v, g)]
        c1, c2 = 1 - 0.9**k, 1 - 0.999**k
        theta = [p - LR * (a / c1) / (jnp.sqrt(b / c2) + 1e-8) for p, a, b in zip(theta, m, v)]
        return (theta, m, v, k), value

    train = jax.jit(jax.vmap(lambda state, rows: jax.lax.scan(step, state, rows)))
    zeros = [jnp.zeros_like(p) for p in theta]
    state = (theta, zeros, zeros, jnp.zeros(t["models"], jnp.float32))

    def call():
        nonlocal state
        for _ in range(t["epochs"]):
            state, values = train(state, jnp.asarray(orders(t, rng)))
        return jnp.mean(values).block_until_ready()

    return call


def torch_eager(t):
    import torch

    torch.set_num_threads(1)
    x, y = (torch.from_numpy(it) for it in data(t))
    share = t["batch"] / t["rows"]
    models = []
    for k in range(t["models"]):
        torch.manual_seed(k)
        net = torch.nn.Sequential(
            torch.nn.Linear(t["features"], t["width"]), torch.nn.ReLU(), torch.nn.Linear(t["width"], 1)
        )
        models.append((net, torch.optim.Adam(net.parameters(), lr=LR)))
    variance = torch.full((t["batch"],), SIGMA**2)

    def call():
        for net, adam in models:
            for _ in range(t["epochs"]):
                order = torch.randperm(t["rows"])
                for rows in order.split(t["batch"]):
                    adam.zero_grad()
                    mu = net(x[rows])[:, 0]
                    nll = torch.nn.functional.gaussian_nll_loss(mu, y[rows], variance, full=True, reduction="sum")
                    prior = sum((p.square().sum() for p in net.parameters())) * (0.5 / TAU**2)
                    loss = (nll + share * prior) / t["batch"]
                    loss.backward()
                    adam.step()
        return loss.detach()

    return call


def torch_stacked(t):
    import torch
    from torch.func import grad_and_value, vmap

    torch.set_num_threads(1)
    x, y = (torch.from_numpy(it) for it in data(t))
    rng = np.random.default_rng(0)
    theta = [torch.nn.Parameter(torch.from_numpy(it)) for it in initial(t, rng)]
    adam = torch.optim.Adam(theta, lr=LR)
    share = t["batch"] / t["rows"]

    def loss(theta, x, y):
        w1, b1, w2, b2 = theta
        mu = (torch.relu(x @ w1 + b1) @ w2 + b2)[:, 0]
        nll = (0.5 * ((y - mu) / SIGMA) ** 2).sum() + len(y) * (math.log(SIGMA) + peers.HALF_LN_TAU)
        prior = sum((p.square().sum() for p in theta)) * (0.5 / TAU**2)
        return (nll + share * prior) / t["batch"]

    step = vmap(grad_and_value(loss))

    def call():
        for _ in range(t["epochs"]):
            order = torch.from_numpy(orders(t, rng))
            for k in range(order.shape[1]):
                rows = order[:, k]
                with torch.no_grad():
                    gradients, values = step([p.detach() for p in theta], x[rows], y[rows])
                for p, g in zip(theta, gradients):
                    p.grad = g
                adam.step()
        return values.mean()

    return call


ENGINES = {"jax_scan_vmap": jax_scan, "torch_eager": torch_eager, "torch_func_stacked": torch_stacked}

if __name__ == "__main__":
    peers.serve(ENGINES)
