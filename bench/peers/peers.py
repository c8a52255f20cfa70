"""The losses in JAX (jit) and PyTorch (eager, compiled), timed on request: a line of JSON each way.

`surprisal bench --peers PYTHON` starts this, one process for each of `jax`, `torch`, `torch_compiled`, and asks in rounds.
Every loss is written as a user of the library writes it; where the library has one of its own, that is used. One thread.
"""

import json
import math
import os
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
FLAGS = ["--xla_cpu_multi_thread_eigen=false", "intra_op_parallelism_threads=1"]
# Where our kernels are held to narrower instructions than the machine has, so are the libraries.
ISA = os.environ.get("SURPRISAL_ISA", "")
if ISA == "avx2":
    FLAGS.append("--xla_cpu_max_isa=AVX2")
    os.environ.update(ATEN_CPU_CAPABILITY="avx2", ONEDNN_MAX_CPU_ISA="AVX2", MKL_ENABLE_INSTRUCTIONS="AVX2")
elif ISA == "scalar":
    FLAGS.append("--xla_cpu_max_isa=SSE4_2")
    os.environ.update(ATEN_CPU_CAPABILITY="default", ONEDNN_MAX_CPU_ISA="SSE41", MKL_ENABLE_INSTRUCTIONS="SSE4_2")
os.environ["XLA_FLAGS"] = " ".join(FLAGS)

import numpy as np  # noqa: E402

HALF_LN_TAU = 0.5 * math.log(2 * math.pi)


class NoOp(Exception):
    """The library has no operation for this loss."""


def losses(m, t):
    """Sum of the losses of a task `t` as a function of its heads and targets; `m` names the library's functions."""
    fixed = t["fixed"]
    family, heads = t["family"], t["heads"]
    sigma = fixed.get("scale", math.nan)

    def scaled(r, s):
        return (r * m.exp(-s[0]), s[0]) if s else (r / sigma, math.log(sigma))

    def gaussian(y, mu, *s):
        z, ln_scale = scaled(y - mu, s)
        return 0.5 * z * z + ln_scale + HALF_LN_TAU

    def log_normal(y, mu, *s):
        return gaussian(m.log(y), mu, *s) + m.log(y)

    def laplace(y, mu, *s):
        z, ln_scale = scaled(m.abs(y - mu), s)
        return z + ln_scale + math.log(2)

    def asymmetric_laplace(y, mu, *s):
        tau = fixed["quantile"]
        z, ln_scale = scaled(y - mu, s)
        return m.maximum(tau * z, (tau - 1) * z) + ln_scale - math.log(tau) - math.log1p(-tau)

    def logistic(y, mu, *s):
        z, ln_scale = scaled(m.abs(y - mu), s)
        return z + 2 * m.log1p(m.exp(-z)) + ln_scale

    def student_t(y, mu, *more):
        nu, s = (fixed["nu"], more) if heads < 3 else (m.exp(more[0]) + 0.5, more[1:])
        z, ln_scale = scaled(y - mu, s)
        value = 0.5 * (nu + 1) * m.log1p(z * z / nu) + ln_scale
        if heads < 3:
            return value + math.lgamma(nu / 2) - math.lgamma((nu + 1) / 2) + 0.5 * math.log(nu * math.pi)
        return value + m.lgamma(nu / 2) - m.lgamma((nu + 1) / 2) + 0.5 * m.log(nu * math.pi)

    def poisson(y, u):
        return m.poisson(u, y)

    def exponential(y, u):
        return y * m.exp(-u) + u

    def bernoulli(y, u):
        return m.bernoulli(u, y)

    def gamma(y, u, *more):
        k = m.exp(more[0]) if more else fixed["shape"]
        norm = m.lgamma(k) - k * more[0] if more else math.lgamma(k) - k * math.log(k)
        return k * (y * m.exp(-u) + u) - (k - 1) * m.log(y) + norm

    def negative_binomial(y, u, *more):
        ln_alpha = more[0] if more else math.log(fixed["dispersion"])
        r = m.exp(-ln_alpha) if more else math.exp(-ln_alpha)
        rest = (m.lgamma(r) if more else math.lgamma(r)) - m.lgamma(r + y) - y * ln_alpha
        return (r + y) * m.log1p(m.exp(u + ln_alpha)) - y * u + rest

    known = locals()
    if family not in known:
        raise NoOp()
    return known[family]


def numbers(t):
    """Heads and targets of a task, as numpy has them."""
    dtype = np.float32 if t["dtype"] == "f32" else np.float64
    eta, y = np.fromfile(t["eta"], dtype), np.fromfile(t["y"], dtype)
    if t["classes"]:
        return [eta.reshape(t["rows"], t["classes"])], y.astype(np.int64)
    return list(eta.reshape(t["heads"], t["rows"])), y


def jax_engine(t):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    class m:
        exp, log, log1p, abs, maximum = jnp.exp, jnp.log, jnp.log1p, jnp.abs, jnp.maximum
        lgamma = jax.scipy.special.gammaln

        @staticmethod
        def poisson(u, y):
            return jnp.exp(u) - y * u

        @staticmethod
        def bernoulli(u, y):
            return jax.nn.softplus(u) - y * u

    heads, y = numbers(t)
    heads, y = [jnp.asarray(h) for h in heads], jnp.asarray(y)
    if t["classes"]:

        def total(heads, y):
            logits = heads[0]
            own = jnp.take_along_axis(logits, y[:, None], axis=1)[:, 0]
            return jnp.sum(jax.scipy.special.logsumexp(logits, axis=1) - own)

    else:
        loss = losses(m, t)

        def total(heads, y):
            return jnp.sum(loss(y, *heads))

    step = jax.jit(jax.value_and_grad(total))

    def call():
        value, gradient = step(heads, y)
        jax.block_until_ready(gradient)
        return value

    return call


def torch_engine(t, compiled):
    import torch

    torch.set_num_threads(1)
    functional = torch.nn.functional

    class m:
        exp, log, log1p, abs, maximum, lgamma = (
            torch.exp, torch.log, torch.log1p, torch.abs, torch.maximum, torch.lgamma,
        )

        @staticmethod
        def poisson(u, y):
            return functional.poisson_nll_loss(u, y, log_input=True, full=False, reduction="none")

        @staticmethod
        def bernoulli(u, y):
            return functional.binary_cross_entropy_with_logits(u, y, reduction="none")

    heads, y = numbers(t)
    heads, y = [torch.from_numpy(h.copy()).requires_grad_() for h in heads], torch.from_numpy(y)
    if t["classes"]:

        def total(heads, y):
            return functional.cross_entropy(heads[0], y, reduction="sum")

    else:
        loss = losses(m, t)

        def total(heads, y):
            return loss(y, *heads).sum()

    if compiled:
        import torch._inductor.config as inductor

        inductor.cpp.simdlen = {"avx2": 256, "scalar": 0}.get(ISA)
        torch._dynamo.reset()
        total = torch.compile(total, dynamic=False)

    def call():
        for head in heads:
            head.grad = None
        value = total(heads, y)
        value.backward()
        return value.detach()

    return call


ENGINES = {
    "jax": jax_engine,
    "torch": lambda t: torch_engine(t, False),
    "torch_compiled": lambda t: torch_engine(t, True),
}


def serve(engines):
    """Answers until stdin ends."""
    # What libraries print is not an answer.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    call = None
    for line in sys.stdin:
        try:
            ask = json.loads(line)
            if "prepare" in ask:
                t = ask["prepare"]
                call = engines[t["variant"]](t)
                answer = {"value": float(call()) + t.get("base", 0.0)}
            else:
                start = time.perf_counter()
                for _ in range(ask["time"]):
                    call()
                answer = {"seconds": time.perf_counter() - start}
        except NoOp:
            answer = "no_op"
        except Exception as error:  # The table says what went wrong.
            answer = {"failed": f"{type(error).__name__}: {error}".split("\n")[0][:200]}
        print(json.dumps(answer), file=out, flush=True)


def versions():
    """Of what is compared."""
    from importlib.metadata import version

    return {name: version(name) for name in ("jax", "torch")} | {"python": sys.version.split()[0]}


if __name__ == "__main__":
    print(json.dumps(versions())) if "versions" in sys.argv else serve(ENGINES)
