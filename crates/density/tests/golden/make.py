#!/usr/bin/env python3
"""Writes the golden values beside it: an independent program, mpmath at 50 digits.

    python3 make.py

Densities are written here from textbooks, not from the crate. CRPS comes from its definition, by quadrature or summation.
Every double is passed on exactly (repr round-trips), so both programs see the same arguments.
"""
import json, os
from mpmath import mp, mpf, exp, log, log1p, expm1, loggamma, psi, sqrt, pi, erfc, quad, inf, findroot

mp.dps = 50
HERE = os.path.dirname(os.path.abspath(__file__))


def num(x):
    """A string with enough digits; Rust reads it as the nearest double."""
    return mp.nstr(x, 25, strip_zeros=False)


def write(name, rows):
    with open(os.path.join(HERE, name + ".json"), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(r, ensure_ascii=False) for r in rows) + "\n]\n")
    print(name, len(rows))


def phi_upper(z):
    return erfc(z / sqrt(mpf(2))) / 2


def lower_gamma(a, x):
    """(P, Q), each without cancellation."""
    if x <= 0:
        return mpf(0), mpf(1)
    front = exp(a * log(x) - x - loggamma(a))
    if x < a + 1:
        term = s = 1 / a
        n = 0
        while term > s * mp.eps / 8:
            n += 1
            term *= x / (a + n)
            s += term
        return front * s, 1 - front * s
    # the same integral from above, by Lentz
    f = lentz(x + 1 - a, lambda i: (i * (a - i), x + 1 - a + 2 * i))
    return 1 - front / f, front / f


def lentz(b0, step):
    f, c, d, i = b0, b0, mpf(0), 0
    while True:
        i += 1
        a, b = step(i)
        d = 1 / (b + a * d)
        c = b + a / c
        f *= c * d
        if abs(c * d - 1) < 8 * mp.eps:
            return f


def beta_tail(a, b, x, rest):
    """(I_x(a, b), I_{1-x}(b, a))."""
    if x <= 0:
        return mpf(0), mpf(1)

    def one(a, b, x, rest):
        front = exp(a * log(x) + b * log(rest) + loggamma(a + b) - loggamma(a) - loggamma(b)) / a

        def step(i):
            m = i // 2
            top = m * (b - m) if i % 2 == 0 else -(a + m) * (a + b + m)
            return top * x / ((a + i - 1) * (a + i)), mpf(1)
        return front / lentz(mpf(1), step)
    if x < (a + 1) / (a + b + 2):
        low = one(a, b, x, rest)
        return low, 1 - low
    up = one(b, a, rest, x)
    return 1 - up, up


# Each family: -ln p(y) and (P(Y <= y), P(Y > y)).
def gaussian(p, y):
    m, s = p
    z = (y - m) / s
    return z * z / 2 + log(s * sqrt(2 * pi)), (phi_upper(-z), phi_upper(z))


def laplace(p, y):
    m, b = p
    z = (y - m) / b
    t = exp(-abs(z)) / 2
    return abs(z) + log(2 * b), ((t, 1 - t) if z < 0 else (1 - t, t))


def logistic(p, y):
    m, s = p
    z = (y - m) / s
    return z + 2 * log1p(exp(-z)) + log(s), (1 / (1 + exp(-z)), 1 / (1 + exp(z)))


def student_t(p, y):
    m, nu, s = p
    z = (y - m) / s
    nll = -(loggamma((nu + 1) / 2) - loggamma(nu / 2) - log(nu * pi) / 2 - log(s)) + (nu + 1) / 2 * log1p(z * z / nu)
    t = beta_tail(nu / 2, mpf(1) / 2, nu / (nu + z * z), z * z / (nu + z * z))[0] / 2
    if z == 0:
        t = mpf(1) / 2
    return nll, ((t, 1 - t) if z < 0 else (1 - t, t))


def asymmetric_laplace(p, y):
    m, q, s = p
    z = (y - m) / s
    nll = z * (q - (1 if z < 0 else 0)) - log(q * (1 - q) / s)
    if z < 0:
        low = q * exp((1 - q) * z)
        return nll, (low, 1 - low)
    up = (1 - q) * exp(-q * z)
    return nll, (1 - up, up)


def log_normal(p, y):
    if y <= 0:
        return inf, (mpf(0), mpf(1))
    nll, tails = gaussian(p, log(y))
    return nll + log(y), tails


def gamma_(p, y):
    m, k = p
    if y <= 0:
        return inf, (mpf(0), mpf(1))
    return -(k * log(k / m) + (k - 1) * log(y) - k * y / m - loggamma(k)), lower_gamma(k, k * y / m)


def exponential(p, y):
    (m,) = p
    if y <= 0:
        return log(m), (mpf(0), mpf(1))
    return y / m + log(m), (-expm1(-y / m), exp(-y / m))


def poisson(p, y):
    (m,) = p
    low, up = lower_gamma(y + 1, m)
    return m - y * log(m) + loggamma(y + 1), (up, low)


def negative_binomial(p, y):
    m, a = p
    r = 1 / a
    nll = -(loggamma(r + y) - loggamma(r) - loggamma(y + 1) + r * log(r / (r + m)) + y * log(m / (r + m)))
    return nll, beta_tail(r, y + 1, 1 / (1 + a * m), a * m / (1 + a * m))


def bernoulli(p, y):
    (eta,) = p
    one = 1 / (1 + exp(-eta))
    zero = 1 / (1 + exp(eta))
    return -log(one if y == 1 else zero), ((zero, one) if y < 1 else (mpf(1), mpf(0)))


def crps_continuous(f, p, y, breaks, positive):
    lo, hi = (mpf(0) if positive else -inf), inf
    low = lambda z: f(p, z)[1][0] ** 2
    up = lambda z: f(p, z)[1][1] ** 2
    below = [lo] + [b for b in breaks if lo < b < y] + [y]
    above = [y] + [b for b in breaks if b > y] + [hi]
    total = mpf(0)
    if y > lo:
        total += quad(low, below)
    else:
        total += lo - y
        above = [lo] + [b for b in breaks if b > lo] + [hi]
    return total + quad(up, above)


def crps_count(f, p, y):
    """The recurrence for P(k) makes this a plain sum."""
    total, low, k = mpf(0), mpf(0), 0
    masses = pmf(f, p)
    tail_total = mpf(0)
    while True:
        mass = next(masses)
        low += mass
        up = 1 - low
        total += low ** 2 if k < y else up ** 2
        if k >= y and up < mpf(10) ** -22:
            return total
        k += 1


def pmf(f, p):
    mass = exp(-f(p, mpf(0))[0])
    k = 0
    while True:
        yield mass
        if f is poisson:
            mass *= p[0] / (k + 1)
        else:
            r, q = 1 / p[1], p[0] * p[1] / (1 + p[0] * p[1])
            mass *= (r + k) / (k + 1) * q
        k += 1


def quantile(f, p, q, place):
    """Bisection on the smaller tail, along a coordinate v in which y = place(v) has a moderate range."""
    tail = (lambda y: f(p, y)[1][0] - q) if q < 0.5 else (lambda y: (1 - q) - f(p, y)[1][1])
    with mp.workdps(30):
        lo, hi = mpf(-1), mpf(1)
        for _ in range(64):
            mid = (lo + hi) / 2
            lo, hi = (mid, hi) if tail(place(mid)) < 0 else (lo, mid)
        return place((lo + hi) / 2)


CONTINUOUS = {
    "gaussian": (gaussian, [(0.4, 0.7), (-3.0, 11.0), (0.0, 1e-6), (1e6, 1e3)], False),
    "laplace": (laplace, [(0.4, 0.7), (0.0, 1e-6)], False),
    "logistic": (logistic, [(0.4, 0.7), (0.0, 1e-6)], False),
    "student_t": (student_t, [(0.4, 4.0, 0.7), (0.4, 1.5, 0.7), (0.0, 0.6, 1.0), (0.0, 30.0, 1.0), (-2.0, 1e6, 3.0), (0.0, 1e10, 1.0)], False),
    "asymmetric_laplace": (asymmetric_laplace, [(0.4, 0.9, 0.7), (-3.0, 0.25, 11.0), (0.0, 0.001, 1.0)], False),
    "log_normal": (log_normal, [(0.4, 0.7), (-2.0, 0.1), (0.0, 2.5)], True),
    "gamma": (gamma_, [(2.0, 3.0), (0.7, 0.6), (5.0, 40.0), (1.0, 0.01), (3.0, 1e6), (3.0, 1e8)], True),
    "exponential": (exponential, [(0.7,), (30.0,)], True),
}
CENTRE = {
    "log_normal": lambda p: (exp(p[0]), exp(p[1])),
    "gamma": lambda p: (p[0], 1 + 1 / sqrt(p[1])),
    "exponential": lambda p: (p[0], mpf(2)),
}


def continuous():
    rows = []
    for name, (f, params, positive) in CONTINUOUS.items():
        for at in params:
            p = [mpf(x) for x in at]
            if positive:
                centre, factor = CENTRE[name](p)
                ys = [float(centre * factor ** k) for k in (-8, -3, -1, mpf("0.1"), 1, 3, 8)]
            else:
                zs = (-40, -6, -1, 0.3, 2, 7, 40)
                ys = [float(p[0] + p[-1] * mpf(z)) for z in zs]
            huge = name == "gamma" and at[1] > 1e6  # its tails take minutes
            for y in ys:
                if huge:
                    k, m = p[1], p[0]
                    nll = -(k * log(k / m) + (k - 1) * log(mpf(y)) - k * mpf(y) / m - loggamma(k))
                    rows.append({"family": name, "at": list(at), "y": y, "nll": num(nll)})
                    continue
                nll, (low, up) = f(p, mpf(y))
                if not low > mpf(10) ** -280 and name != "gaussian":
                    continue
                rows.append({"family": name, "at": list(at), "y": y, "nll": num(nll), "cdf": num(low), "survival": num(up)})
            for q in () if huge else (1e-9, 0.05, 0.3, 0.5, 0.95, 1 - 2.0 ** -30):
                if positive:
                    reach = 5000 if name == "gamma" and at[1] < 1 else 60 * log(factor)
                    place = lambda v: centre * exp(reach * v)
                else:
                    place = lambda v: p[0] + p[-1] * mp.sinh(40 * v)
                x = quantile(f, p, mpf(q), place)
                if x > mpf(10) ** -280 or not positive:
                    rows.append({"family": name, "at": list(at), "q": q, "quantile": num(x)})
            mean = not (name == "student_t" and p[1] <= 1)
            # In a few minutes; where tails are slow, fewer points are asked for.
            slow = name in ("gamma", "student_t")
            print(name, at, flush=True)
            if mean and not huge and not (slow and max(at) >= 1e6):
                with mp.workdps(18):
                    if positive:
                        breaks = sorted(centre * factor ** k for k in (-20, -8, -4, -2, -1, 0, 1, 2, 4, 8, 20))
                    else:
                        breaks = [p[0] + p[-1] * k for k in (-1000, -100, -30, -10, -4, -2, -1, 0, 1, 2, 4, 10, 30, 100, 1000)]
                    for y in (ys[3], ys[5]) if slow else (ys[1], ys[3], ys[5]):
                        rows.append({"family": name, "at": list(at), "y": y, "crps": num(crps_continuous(f, p, mpf(y), breaks, positive))})
    return rows


def counts():
    rows = []
    cases = {
        "poisson": (poisson, [(3.4,), (0.2,), (60.0,), (1e-8,), (1e6,)]),
        "negative_binomial": (negative_binomial, [(3.4, 0.5), (2.0, 2.5), (20.0, 1e-9), (20.0, 1e-14), (1e6, 1e-8), (1e6, 1.0), (0.01, 30.0)]),
    }
    for name, (f, params) in cases.items():
        for at in params:
            p = [mpf(x) for x in at]
            m = at[0]
            sd = (m + (m * m * at[1] if len(at) > 1 else 0)) ** 0.5
            ys = sorted({max(0, round(m + z * sd)) for z in (-3, -1, 0, 1, 5)} | {0, 1, 7} | ({1000000} if m >= 60 or len(at) > 1 and at[1] >= 1 else set()))
            for y in ys:
                nll, (low, up) = f(p, mpf(y))
                row = {"family": name, "at": list(at), "y": y, "nll": num(nll)}
                if low > mpf(10) ** -280:
                    row["cdf"] = num(low)
                if up > mpf(10) ** -280:
                    row["survival"] = num(up)
                rows.append(row)
            for q in (1e-9, 0.05, 0.3, 0.5, 0.95, 1 - 2.0 ** -30):
                low, high = -1, 1
                while f(p, mpf(high))[1][0] < q:
                    low, high = high, 2 * high
                while high - low > 1:
                    mid = (low + high) // 2
                    low, high = (low, mid) if f(p, mpf(mid))[1][0] >= q else (mid, high)
                rows.append({"family": name, "at": list(at), "q": q, "quantile": num(mpf(high))})
            if sd < 1e3:
                for y in (0, round(m), round(m + 4 * sd)):
                    with mp.workdps(40):
                        rows.append({"family": name, "at": list(at), "y": y, "crps": num(crps_count(f, p, y))})
    for eta in (0.4, -3.0, 40.0, -800.0):
        for y in (0, 1):
            nll, (low, _) = bernoulli([mpf(eta)], y)
            rows.append({"family": "bernoulli", "at": [eta], "y": y, "nll": num(nll), "cdf": num(low)})
    for logits in ([0.3, -1.0, 0.8], [1000.0, 0.0, -1000.0], [1e-9, -1e-9]):
        total = log(sum(exp(mpf(x)) for x in logits))
        for y, x in enumerate(logits):
            rows.append({"family": "categorical", "at": logits, "y": y, "nll": num(total - mpf(x))})
    return rows


def special():
    rows = []
    for order in (0, 1, 2, 3):
        for x in (1e-9, 0.1, 0.7, 1.5, 2.5, 5.5, 11.99, 12.01, 50.0, 1e3, 1e6, 1e12):
            value = loggamma(mpf(x)) if order == 0 else psi(order - 1, mpf(x))
            rows.append({"f": "lgamma_d", "at": [x, order], "value": num(value)})
        for a in (0.3, 5.0, 11.0, 12.5, 300.0, 1e6, 1e9, 1e12):
            for n in (0.5, 1.0, 7.0, 1e3, 1e6):
                with mp.workdps(80):
                    value = loggamma(mpf(a) + mpf(n)) - loggamma(mpf(a)) if order == 0 else psi(order - 1, mpf(a) + mpf(n)) - psi(order - 1, mpf(a))
                rows.append({"f": "ln_rising_d", "at": [a, n, order], "value": num(value)})
    for x in (1e-6, 0.01, 0.9, 3.0, 11.99, 12.01, 100.0, 1e6, 1e12):
        with mp.workdps(80):
            rows.append({"f": "stirling", "at": [x], "value": num(loggamma(mpf(x)) - mpf(x) * log(mpf(x)) + mpf(x))})
    for x in (-1e5, -40.0, -8.0, -5.01, -4.99, -1.0, 0.0, 1e-9, 1.0, 5.0, 8.0, 38.0):
        rows.append({"f": "ln_normal_cdf", "at": [x], "value": num(log(phi_upper(-mpf(x))) if x < 0 else log1p(-phi_upper(mpf(x))))})
    for q in (1e-300, 1e-20, 1e-9, 0.01, 0.3, 0.4999999, 0.75, 0.999, 1 - 2.0 ** -40):
        x = findroot(lambda t: log(phi_upper(-t)) - log(mpf(q)) if q < 0.5 else log(phi_upper(t)) - log1p(-mpf(q)),
                     -sqrt(-2 * log(mpf(q))) + 1 if q < 0.1 else (sqrt(-2 * log1p(-mpf(q))) - 0.5 if q > 0.9 else mpf(q) - 0.5))
        rows.append({"f": "normal_quantile", "at": [q], "value": num(x)})
    for a in (0.01, 0.5, 1.0, 3.0, 40.0, 1e4, 1e6):
        for x in (a * 1e-3, a * 0.3, a, a + 3 * a ** 0.5, a + 20 * a ** 0.5):
            p, q = lower_gamma(mpf(a), mpf(x))
            if p > mpf(10) ** -280:
                rows.append({"f": "gamma_p", "at": [a, x], "value": num(p)})
            if q > mpf(10) ** -280:
                rows.append({"f": "gamma_q", "at": [a, x], "value": num(q)})
    for a, b in ((0.5, 0.5), (2.0, 0.5), (0.01, 7.0), (30.0, 40.0), (5e5, 0.5), (1e6, 1e6), (3.0, 1e5)):
        centre = a / (a + b)
        sd = (a * b / (a + b) ** 2 / (a + b + 1)) ** 0.5
        for x in (centre * 0.05, centre - sd / 2, centre, centre + (1 - centre) * 0.3 if a < 1e3 else centre + 3 * min(sd, (1 - centre) / 4)):
            if 0 < x < 1:
                low, _ = beta_tail(mpf(a), mpf(b), mpf(x), 1 - mpf(x))
                if low > mpf(10) ** -280:
                    rows.append({"f": "beta_inc", "at": [a, b, x], "value": num(low)})
    for x in (0.0, 1e-3, 0.7, 5.0, 59.9, 60.1, 2e6):
        value = exp(-mpf(x)) * (mp.besseli(0, mpf(x)) + mp.besseli(1, mpf(x)))
        rows.append({"f": "bessel_i0_plus_i1_scaled", "at": [x], "value": num(value)})
    return rows


if __name__ == "__main__":
    write("special", special())
    write("counts", counts())
    write("continuous", continuous())
