"""Wrong answers of chapter 9."""

from wrong import filled, short_cuts, with_line

VARIANCE = """
def variance(rule, fan_in, fan_out):
    return {{"lecun": {lecun}, "glorot": {glorot}, "he": {he}, "logistic": {logistic}}}[rule]
"""
RIGHT_VARIANCE = {
    "lecun": "1 / fan_in",
    "glorot": "2 / (fan_in + fan_out)",
    "he": "2 / fan_in",
    "logistic": "32 / (fan_in + fan_out)",
}
DRAW = """
def draw_weights(rule, fan_in, fan_out, uniform, rng):
    {first}
    v, shape = variance(rule, fan_in, fan_out), {shape}
    if uniform:
        r = {limit}
        return rng.uniform({low}, r, shape)
    return {normal}
"""
RIGHT_DRAW = {
    "first": "",
    "shape": "(fan_in, fan_out)",
    "limit": "np.sqrt(3 * v)",
    "low": "-r",
    "normal": "rng.normal(0, np.sqrt(v), shape)",
}
RMS = """
def rms_after(x, weights):
    found = []
    for W in weights:
        {step}
        found.append({size})
    return {result}
"""
RIGHT_RMS = {
    "step": "x = np.maximum(x @ W, 0)",
    "size": "np.sqrt(np.mean(x**2))",
    "result": "found",
}
SELU = """
def selu(z):
    left = {alpha} * {curve}
    return {scale} * np.where({right}, z, left)
"""
RIGHT_SELU = {
    "alpha": "activations.SELU_ALPHA",
    "curve": "np.expm1(np.minimum(z, 0))",
    "scale": "activations.SELU_SCALE",
    "right": "z > 0",
}
SLOPE = """
def selu_slope(z):
    left = {left}
    return {scale} * np.where({right}, {one}, left)
"""
RIGHT_SLOPE = {
    "left": "activations.SELU_ALPHA * np.exp(np.minimum(z, 0))",
    "scale": "activations.SELU_SCALE",
    "right": "z > 0",
    "one": "1.0",
}
SWISH = "def swish(z, beta): return {result}"
SWISH_SLOPE = """
def swish_slope(z, beta):
    s = activations.sigmoid(beta * z)
    return {result}
"""
CLIP = """
def clip(grads, how, c):
    if how == "value":
        return {value}
    norms = [np.sqrt(np.sum(g**2)) for g in grads]
    if how == "global":
        norms = [{total}] * len(grads)
    return [{scaled} for g, n in zip(grads, norms)]
"""
RIGHT_CLIP = {
    "value": "[np.clip(g, -c, c) for g in grads]",
    "total": "np.sqrt(sum(n**2 for n in norms))",
    "scaled": "g * (c / max(n, c))",
}
COSINE = """
def cosine(grads, others):
    a = np.concatenate([g.ravel() for g in grads])
    b = np.concatenate([g.ravel() for g in others])
    return {result}
"""
LEAKY = "def leaky_std(fan_in, a): return {result}"
HE = """
def he_kernel(shape, rng):
    {first}
    fan_in = {fan}
    return {kernel}
"""
RIGHT_HE = {
    "first": "",
    "fan": "np.prod(shape[:-1])",
    "kernel": "rng.normal(0, np.sqrt(2 / fan_in), shape)",
}
GAIN = """
def gain(phi):
    z = np.linspace({ends}, 20_000)
    bell = {bell}
    mean = {mean}
    return {result}
"""
RIGHT_GAIN = {
    "ends": "-9, 9",
    "bell": "np.exp(-(z**2) / 2)",
    "mean": "(bell @ phi(z) ** 2) / bell.sum()",
    "result": "float(mean**-0.5)",
}
ORTHOGONAL = """
def orthogonal(rows, columns, rng):
    {first}
    a = {normal}
    q, r = np.linalg.qr(a)
    {signs}
    return {result}
"""
RIGHT_ORTHOGONAL = {
    "first": "",
    "normal": "rng.normal(size=(max(rows, columns), min(rows, columns)))",
    "signs": "q = q * np.sign(np.diag(r))",
    "result": "q if rows >= columns else q.T",
}
DELTA = """
def delta_orthogonal(size, c_in, c_out, rng):
    kernel = np.{empty}((size, size, c_in, c_out))
    kernel[{centre}] = {matrix}
    return {result}
"""
RIGHT_DELTA = {
    "empty": "zeros",
    "centre": "size // 2, size // 2",
    "matrix": "orthogonal(c_in, c_out, rng)",
    "result": "kernel",
}


variance = filled(VARIANCE, RIGHT_VARIANCE)
draw = filled(DRAW, RIGHT_DRAW)
rms = filled(RMS, RIGHT_RMS)
selu = filled(SELU, RIGHT_SELU)
slope = filled(SLOPE, RIGHT_SLOPE)
clip = filled(CLIP, RIGHT_CLIP)
he = filled(HE, RIGHT_HE)
gain = filled(GAIN, RIGHT_GAIN)
orthogonal = filled(ORTHOGONAL, RIGHT_ORTHOGONAL)
delta = filled(DELTA, RIGHT_DELTA)
WRONG = {
    "9.1": {
        "LeCun with the fan-out": variance(lecun="1 / fan_out"),
        "Glorot without the 2": variance(glorot="1 / (fan_in + fan_out)"),
        "He with the mean of the fans": variance(he="4 / (fan_in + fan_out)"),
        "4 times the variance": variance(logistic="8 / (fan_in + fan_out)"),
        "standard deviations": variance(he="(2 / fan_in) ** 0.5"),
        "limits": variance(glorot="(6 / (fan_in + fan_out)) ** 0.5"),
        "He for all": variance(lecun="2 / fan_in"),
        "the standard deviation as limit": draw(limit="np.sqrt(v)"),
        "the variance as limit": draw(limit="3 * v"),
        "no negative weights": draw(low="0"),
        "the variance for the normal": draw(normal="rng.normal(0, v, shape)"),
        "transposed": draw(shape="(fan_out, fan_in)"),
        "a mean": draw(normal="rng.normal(np.sqrt(v) / 5, np.sqrt(v), shape)"),
        "always uniform": draw(
            normal="rng.uniform(-(3 * v) ** 0.5, (3 * v) ** 0.5, shape)"
        ),
        "a generator of its own": draw(first="rng = np.random.default_rng()"),
        "a seed of its own": draw(first="rng = np.random.default_rng(0)"),
        "absolute values": draw(normal="abs(rng.normal(0, np.sqrt(v), shape))"),
        "one column for all": draw(
            normal="rng.normal(0, np.sqrt(v), (fan_in, 1)) * np.ones(shape)"
        ),
        "one number": draw(normal="rng.normal(0, np.sqrt(v))"),
    },
    "9.2": {
        "one is missing": 'rows_9_2 = "bd"',
        "one too many": 'rows_9_2 = "bdfa"',
        "the right ones": 'rows_9_2 = "ace"',
        "ReLU's row": 'rows_9_2 = "bdc"',
        "a letter twice": 'rows_9_2 = "bdff"',
        "a number": "rows_9_2 = 246",
        "nothing": 'rows_9_2 = ""',
        "no change": 'answer_9_2_ii = "a"',
        "the mean square": 'answer_9_2_ii = "b"',
        "linear in the depth": 'answer_9_2_ii = "d"',
        "no fan-out backward": 'answer_9_2_iii = "a"',
        "fewer outputs": 'answer_9_2_iii = "c"',
        "the bias": 'answer_9_2_iii = "d"',
    },
    "9.3": {
        "the mean square": "predicted_9_3 = (2 / 3) ** 10",
        "no half for ReLU": "predicted_9_3 = (4 / 3) ** 5",
        "r as standard deviation": "predicted_9_3 = 2.0**5",
        "one layer": "predicted_9_3 = (2 / 3) ** 0.5",
        "a text": 'predicted_9_3 = "0.13"',
        "no root": rms(size="np.mean(x**2)"),
        "a standard deviation": rms(size="x.std()"),
        "no ReLU": rms(step="x = x @ W"),
        "before the ReLU": rms(
            step="z = x @ W; x = np.maximum(z, 0)", size="np.sqrt(np.mean(z**2))"
        ),
        "a mean of roots": rms(size="np.mean(np.sqrt(np.mean(x**2, axis=1)))"),
        "the last alone": rms(result="found[-1]"),
        "without the last": rms(result="found[:-1]"),
        "always the first weights": rms(step="x = np.maximum(x @ weights[0], 0)"),
        "measured: 1": "measured_9_3 = 1.0",
        "measured: the mean square": "measured_9_3 = 0.0173",
        "measured: with N(0, c^2 / n)": "measured_9_3 = 5.6",
        "measured: nothing": 'measured_9_3 = float("nan")',
    },
    "9.4": {
        "ELU": selu(alpha="1.0", scale="1.0"),
        "no scale on the right": selu(
            scale="np.where(z > 0, 1, activations.SELU_SCALE)"
        ),
        "constants exchanged": selu(
            alpha="activations.SELU_SCALE", scale="activations.SELU_ALPHA"
        ),
        "no -1": selu(curve="np.exp(np.minimum(z, 0))"),
        "overflow": selu(curve="z * 0 + np.exp(z) * np.exp(-z) * np.expm1(z)"),
        "slope: no scale": slope(scale="1.0"),
        "slope: 1 on the right": slope(
            scale="np.where(z > 0, 1, activations.SELU_SCALE)"
        ),
        "slope: no alpha": slope(left="np.exp(np.minimum(z, 0))"),
        "slope: the value": slope(
            left="activations.SELU_ALPHA * np.expm1(np.minimum(z, 0))"
        ),
        "slope: 0 from the right": slope(right="z >= 0"),
        "swish: no beta": SWISH.format(result="z * activations.sigmoid(z)"),
        "swish: beta outside": SWISH.format(result="z * beta * activations.sigmoid(z)"),
        "swish: the sign": SWISH.format(result="z * activations.sigmoid(-beta * z)"),
        "swish: overflow": SWISH.format(
            result="z * np.exp(beta * z) / (1 + np.exp(beta * z))"
        ),
        "swish: non-negative": SWISH.format(
            result="np.maximum(z * activations.sigmoid(beta * z), 0)"
        ),
        "swish slope: no beta": SWISH_SLOPE.format(result="s * (1 + z * (1 - s))"),
        "swish slope: s alone": SWISH_SLOPE.format(result="s"),
        "swish slope: the sign": SWISH_SLOPE.format(
            result="s * (1 - beta * z * (1 - s))"
        ),
        "swish slope: by beta": SWISH_SLOPE.format(result="z**2 * s * (1 - s)"),
        "swish slope: beta twice": SWISH_SLOPE.format(
            result="beta * s * (1 + beta * z * (1 - s))"
        ),
    },
    "9.5": {
        "no negative bound": clip(value="[np.minimum(g, c) for g in grads]"),
        "signs": clip(value="[c * np.sign(g) for g in grads]"),
        "always the length c": clip(scaled="g * (c / max(n, 1e-12))"),
        "enlarged": clip(scaled="g * (c / min(n, c)) if n else g"),
        "the sum of norms": clip(total="sum(norms)"),
        "the mean of norms": clip(total="np.mean(norms)"),
        "the largest norm": clip(total="max(norms)"),
        "each its own": clip(total="norms[0]"),
        "the norm squared": clip(scaled="g * (c / max(n**2, c))"),
        "in place": clip(value="[np.clip(g, -c, c, out=g) for g in grads]"),
        "divided by 0": clip(scaled="g * np.minimum(1, c / n)"),
        "no norms": COSINE.format(result="float(a @ b)"),
        "no root": COSINE.format(result="float(a @ b / ((a @ a) * (b @ b)))"),
        "one norm": COSINE.format(result="float(a @ b / np.linalg.norm(a) ** 2)"),
        "the angle": COSINE.format(
            result="float(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b)))"
        ),
        "an absolute value": COSINE.format(
            result="float(abs(a @ b) / np.linalg.norm(a) / np.linalg.norm(b))"
        ),
        "value, too": 'answer_9_5 = "a"',
        "each array, too": 'answer_9_5 = "b"',
        "all": 'answer_9_5 = "d"',
    },
    "9.6": {
        "He": LEAKY.format(result="np.sqrt(2 / fan_in)"),
        "a without square": LEAKY.format(result="np.sqrt(2 / ((1 + a) * fan_in))"),
        "the variance": LEAKY.format(result="2 / ((1 + a**2) * fan_in)"),
        "the sign": LEAKY.format(result="np.sqrt(2 / ((1 - a**2) * fan_in + 1e-9))"),
        "the bracket above": LEAKY.format(result="np.sqrt(2 * (1 + a**2) / fan_in)"),
        "a uniform limit": LEAKY.format(result="np.sqrt(6 / ((1 + a**2) * fan_in))"),
        **short_cuts("steps_9_6"),
        "steps: a plus": with_line(
            "steps_9_6",
            1,
            "(mean((relu(u) + a*relu(-u))**2) + mean((relu(-u) - a*relu(u))**2)) / 2",
        ).replace("relu(-u) - a*relu(u)", "relu(u) - a*relu(-u)"),
        "steps: a without square": with_line(
            "steps_9_6",
            2,
            "(mean(relu(u)**2) + a * mean(relu(-u)**2)"
            " + mean(relu(-u)**2) + a * mean(relu(u)**2)) / 2",
        ),
        "steps: a factor 2": with_line(
            "steps_9_6", 3, "(1 + a**2) * (mean(relu(u)**2) + mean(relu(-u)**2))"
        ),
        "steps: one half alone": with_line(
            "steps_9_6", 3, "(1 + a**2) / 2 * mean(relu(u)**2)"
        ),
    },
    "9.7": {
        "the broken one": he(
            first="rng = np.random.default_rng(0)",
            fan="shape[-1]",
            kernel="rng.normal(0, 2 / fan_in, shape)",
        ),
        "the fan-out": he(fan="shape[-1]"),
        "without the window": he(fan="shape[-2]"),
        "the first axis": he(fan="shape[0]"),
        "all entries": he(fan="np.prod(shape)"),
        "both fans": he(
            fan="(np.prod(shape[:-1]) + np.prod(shape[:-2]) * shape[-1]) / 2"
        ),
        "the variance": he(kernel="rng.normal(0, 2 / fan_in, shape)"),
        "LeCun": he(kernel="rng.normal(0, np.sqrt(1 / fan_in), shape)"),
        "a fixed seed": he(first="rng = np.random.default_rng(0)"),
        "no seed": he(first="rng = np.random.default_rng()"),
        "uniform": he(
            kernel="rng.uniform(-np.sqrt(6 / fan_in), np.sqrt(6 / fan_in), shape)"
        ),
    },
    "9.8": {
        "no root": gain(result="float(1 / mean)"),
        "no square": gain(mean="(bell @ abs(phi(z))) / bell.sum()"),
        "upside down": gain(result="float(mean**0.5)"),
        "a variance": gain(
            mean="(bell @ phi(z) ** 2) / bell.sum() - ((bell @ phi(z)) / bell.sum()) ** 2"
        ),
        "no density": gain(bell="np.ones_like(z)"),
        "not normal": gain(bell="np.exp(-(z**2))"),
        "half the axis": gain(ends="0, 9"),
        "chi: no square of the slope": "chi_9_8 = 1.5364",
        "chi: without g": "chi_9_8 = 0.4645",
        "chi: the forward factor": "chi_9_8 = 1.0",
        "chi: the root": "chi_9_8 = chi_9_8**0.5",
        "chi: a text": 'chi_9_8 = "1.18"',
        "measured: no change": "measured_9_8 = 1.0",
        "measured: upside down": "measured_9_8 = 1 / measured_9_8",
        "measured: ten layers at once": "measured_9_8 = measured_9_8**10",
        "measured: the RMS": "measured_9_8 = measured_9_8**0.5",
    },
    "9.9": {
        "no signs": orthogonal(signs="pass"),
        "signs of q": orthogonal(signs="q = q * np.sign(np.diag(q))"),
        "columns of length 1": orthogonal(
            signs="q = a / np.linalg.norm(a, axis=0)",
        ),
        "the rows' signs": orthogonal(signs="q = (q.T * 2).T"),
        "no transpose": orthogonal(result="q"),
        "always wide": orthogonal(result="q.T"),
        "the identity": orthogonal(signs="q = np.eye(*a.shape)"),
        "a generator of its own": orthogonal(first="rng = np.random.default_rng()"),
        "a seed of its own": orthogonal(first="rng = np.random.default_rng(1)"),
        "positive entries": orthogonal(
            normal="rng.uniform(size=(max(rows, columns), min(rows, columns)))"
        ),
        "every tap": delta(centre=":, :"),
        "a corner": delta(centre="0, 0"),
        "ones around": delta(empty="ones"),
        "a Gaussian centre": delta(matrix="rng.normal(size=(c_in, c_out)) / c_in**0.5"),
        "the identity in the centre": delta(matrix="np.eye(c_in, c_out)"),
        "axes exchanged": delta(result="kernel.transpose(0, 1, 3, 2)"),
        "the centre alone": delta(result="kernel[size // 2, size // 2]"),
    },
}
