"""Writes golden.json; README.md says what is in it. Needs numpy, scipy, scikit-learn and statsmodels."""
import json
import math
import sys

import numpy
import scipy
import scipy.stats
import sklearn
import sklearn.linear_model
import sklearn.preprocessing
import statsmodels
import statsmodels.api

random = numpy.random.default_rng(20260101)


def ridge():
    rows = 40
    base = random.normal(size=rows)
    columns = [
        numpy.round(8 * random.normal(size=rows)) / 8,
        1000 + numpy.round(64 * random.normal(size=rows)) / 64,
        (random.random(rows) < 0.2).astype(float),
        numpy.round(256 * base) / 256,
        numpy.round(256 * base) / 256 + numpy.round(16 * random.normal(size=rows)) / 1024,
        numpy.full(rows, 3.5),
    ]
    x = numpy.stack(columns, axis=1)
    assert (x.astype(numpy.float32) == x).all()
    y = numpy.round(1000 * (12 + x[:, 0] - 0.5 * (x[:, 1] - 1000) + 4 * x[:, 2] + base + random.normal(size=rows))) / 1000
    fading = 0.5 ** (numpy.arange(rows)[::-1] / 15)
    fading[7] = 0
    fits = []
    for weights in (None, fading):
        share = numpy.full(rows, 1 / rows) if weights is None else weights / weights.sum()
        scaler = sklearn.preprocessing.StandardScaler().fit(x, sample_weight=share)
        for penalty in (1e-4, 0.03, 1.0):
            model = sklearn.linear_model.Ridge(alpha=penalty, solver="svd").fit(scaler.transform(x), y, sample_weight=share)
            slopes = model.coef_ / scaler.scale_
            fits.append({
                "lambda": penalty, "weighted": weights is not None,
                "intercept": model.intercept_ - float(slopes @ scaler.mean_), "slopes": slopes.tolist(),
            })
    return {"features": x.tolist(), "targets": y.tolist(), "weights": fading.tolist(), "fits": fits}


def lags_for(n):
    return math.floor(4 * (n / 100) ** (2 / 9))


def newey_west(values):
    """Of the rows of a matrix at once, and never below the plain variance."""
    n = values.shape[-1]
    lags = min(lags_for(n), n - 1)
    centred = values - values.mean(axis=-1, keepdims=True)
    plain = (centred * centred).mean(axis=-1)
    total = plain.copy()
    for lag in range(1, lags + 1):
        total += 2 * (1 - lag / (lags_for(n) + 1)) * (centred[..., lag:] * centred[..., :-lag]).sum(axis=-1) / n
    return numpy.maximum(plain, total) * n / (n - 1)


def autoregression(shape, rho):
    noise = random.normal(size=shape)
    values = numpy.empty(shape)
    values[..., 0] = noise[..., 0]
    for i in range(1, shape[-1]):
        values[..., i] = rho * values[..., i - 1] + math.sqrt(1 - rho * rho) * noise[..., i]
    return values


def paired():
    cases = []
    for n, rho in ((2, 0.0), (5, 0.0), (28, 0.0), (28, 0.6), (28, -0.7), (99, 0.3), (100, 0.3), (365, 0.8)):
        gain = numpy.round(1000 * (0.1 + 0.3 * autoregression((n,), rho))) / 1000
        candidate = numpy.round(1000 * (2 + random.random(n))) / 1000
        champion = candidate + gain
        gain = champion - candidate
        fit = statsmodels.api.OLS(gain, numpy.ones(n)).fit(
            cov_type="HAC", cov_kwds={"maxlags": min(lags_for(n), n - 1), "use_correction": True})
        hac = float(fit.bse[0] ** 2 * n)
        plain = float(gain.var(ddof=1))
        variance = max(hac, plain)
        if lags_for(n) <= n - 1:
            assert math.isclose(variance, newey_west(gain), rel_tol=1e-12)
        p = float(scipy.stats.t.sf(gain.mean() / math.sqrt(variance / n), n - 1))
        cases.append({
            "lags": lags_for(n), "hac": hac, "plain": plain, "variance": variance, "p": p,
            "champion": champion.tolist(), "candidate": candidate.tolist(),
        })
    return cases


def sizes():
    """How often equally good models pass at 0.05."""
    repetitions, answers = 400_000, []
    for n, rho in ((28, 0.0), (28, 0.3), (28, 0.6), (364, 0.3)):
        rejected = done = 0
        while done < repetitions:
            gain = autoregression((10_000, n), rho)
            t = gain.mean(axis=-1) / numpy.sqrt(newey_west(gain) / n)
            rejected += int((scipy.stats.t.sf(t, n - 1) < 0.05).sum())
            done += 10_000
        gain = autoregression((repetitions // 4, n), rho)
        t = gain.mean(axis=-1) / numpy.sqrt(gain.var(axis=-1, ddof=1) / n)
        answers.append({
            "n": n, "rho": rho, "rate": rejected / repetitions,
            "rateIgnoringDependence": float((scipy.stats.t.sf(t, n - 1) < 0.05).mean()),
        })
    return {"repetitions": repetitions, "rates": answers}


with open("golden.json", "w", encoding="utf-8", newline="\n") as file:
    json.dump({
        "made": f"Python {sys.version.split()[0]}, numpy {numpy.__version__}, scipy {scipy.__version__}, "
                f"scikit-learn {sklearn.__version__}, statsmodels {statsmodels.__version__}",
        "ridge": ridge(), "paired": paired(), "sizes": sizes(),
    }, file, indent=1)
    file.write("\n")
