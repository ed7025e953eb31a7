"""Wrong answers of chapter 8."""

from wrong import filled, short_cuts, with_line

STACK = """
def repair_1():
    return keras.Sequential([{layers}])
"""
FIRST = "keras.Input((10,)), "
DENSE = "keras.layers.Dense({}, activation={!r})"
REST = [DENSE.format(20, "relu"), DENSE.format(20, "relu"), DENSE.format(10, "softmax")]
FUNCTIONAL = """
def repair_2():
    inputs = keras.Input((10,))
    h = keras.layers.Dense(20, activation="relu")(inputs)
    k = keras.layers.Dense(20, activation="relu")({second})
    return keras.Model(inputs, keras.layers.Dense(10, activation="{last}")(k))
"""
FIT = """
def repair_3(model, x, y, x_val, y_val, stop):
    {begin}model.fit(x, y, {options})
"""
BUILDER = """
def repair_6(n_hidden=1, n_neurons=30, learning_rate=1e-3, input_shape=(8,)):
    model = keras.Sequential([{inputs}])
    for _ in range({count}):
        model.add(keras.layers.Dense(n_neurons, activation="{inside}"))
    model.add(keras.layers.Dense({last}))
    {compiled}
    return model
"""
BUILT = {
    "inputs": "keras.Input(tuple(input_shape))",
    "count": "n_hidden",
    "inside": "relu",
    "last": "1",
    "compiled": 'model.compile(loss="mse", optimizer=keras.optimizers.SGD(learning_rate))',
}
SAVED = """
def repair_8():
    return keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(10, activation={activation})]
    )
"""
IMAGES = """
def repair_9():
    return keras.Sequential(
        [
            keras.Input({shape}),
            keras.layers.Conv2D(28, 3{more}),
            keras.layers.{pool}(2),
            keras.layers.Flatten(),
            keras.layers.Dense(128, "relu"),
            keras.layers.Dense(10, "softmax"),
        ]
    )
"""
LAYER = """
def repair_12():
    return keras.layers.Dense(5, {options})
"""


def optimizer(number, text):
    return f"def repair_{number}(): return {text}"


builder = filled(BUILDER, BUILT)
PATIENT = """
class Patient(callbacks.Callback):
    def __init__(
        self,
        monitor="val_loss",
        patience=0,
        min_delta=0.0,
        restore_best_weights=False,
    ):
        self.monitor, self.patience = monitor, patience
        self.min_delta = min_delta
        self.restore_best_weights = restore_best_weights
        {fresh_once}

    def on_train_begin(self, logs=None):
        {fresh}

    def on_epoch_end(self, epoch, logs=None):
        value = logs[{monitor}]
        if {better}:
            self.best, self.best_epoch = value, {best_epoch}
            self.weights = self.model.get_weights()
            {reset}
            return
        self.wait += 1
        if {late}:
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        if {restore}:
            self.model.set_weights({weights})
"""
FRESH = "self.best, self.best_epoch, self.wait, self.weights = np.inf, 0, 0, None"
WAITS = {
    "fresh_once": "",
    "fresh": FRESH,
    "monitor": "self.monitor",
    "better": "value < self.best - self.min_delta",
    "best_epoch": "epoch",
    "reset": "self.wait = 0",
    "late": "self.wait >= self.patience",
    "restore": "self.restore_best_weights",
    "weights": "self.weights",
}


patient = filled(PATIENT, WAITS)
INPUTS = """
def two_inputs():
    image, numbers = keras.Input((28, 28)), keras.Input((5,))
    flat = keras.layers.Flatten()(image)
    h = keras.layers.Dense(64, "{left}")(flat)
    k = keras.layers.Dense(16, "relu")({right})
    both = keras.layers.Concatenate()({both})
    outputs = keras.layers.Dense(10, {last})(both)
    return keras.Model({inputs}, outputs)
"""
TWO = {
    "left": "relu",
    "right": "numbers",
    "both": "[h, k]",
    "last": '"softmax"',
    "inputs": "[image, numbers]",
}


inputs = filled(INPUTS, TWO)
TRAIN = """
def train(model, x, y, learning_rate, batch_size, epochs):
    loss = losses.SparseCategoricalCrossentropy(from_logits={logits})
    record = []
    for _ in range(epochs):
        for start in range(0, {end}, batch_size):
            rows = {rows}
            value, grads, _ = twin.gradients(model, x[rows], y[rows], loss)
            for w, g in zip(model.trainable_weights, grads, strict=True):
                w.assign(twin.to_numpy(w) {sign} {rate} * g)
            {inside}
        {after}
    return {result}
"""
LOOP = {
    "logits": "True",
    "end": "len(x)",
    "rows": "slice(start, start + batch_size)",
    "sign": "-",
    "rate": "learning_rate",
    "inside": "pass",
    "after": "record.append(loss(y, twin.to_numpy(model(x)))[0])",
    "result": "record",
}


train = filled(TRAIN, LOOP)
GRADIENT = """
def first_gradient(y, K):
    share = np.bincount(y, minlength=K) / len(y)
    return {result}
"""
ENTROPY = """
def bias_only_loss(y, K):
    share = np.bincount(y, minlength=K) / len(y)
    share = share[share > 0]
    return {result}
"""
EPOCH = """
def one_epoch(model, x, y, batch_size):
    total, count = 0.0, 0
    for start in range(0, {end}, batch_size):
        rows = slice(start, start + batch_size)
        loss = model.train_on_batch(x[rows], y[rows])
        total += loss * {weight}
        count += {weight}
    {more}
    return {result}
"""
AFTER = 'model.evaluate(x, y, return_dict=True)["loss"]'
MEAN = {
    "end": "len(x)",
    "weight": "len(x[rows])",
    "more": "",
    "result": f"total / count, {AFTER}",
}


epoch = filled(EPOCH, MEAN)
HEALTHY = """
def healthy(optimizer):
    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(64{inside}),
            keras.layers.Dense(10{last}),
        ]
    )
    model.compile({optimizer}, metrics={metrics}, loss={loss})
    return model
"""
SPARSE = "keras.losses.SparseCategoricalCrossentropy(from_logits={})"
SOUND = {
    "inside": ', activation="relu"',
    "last": "",
    "optimizer": "optimizer",
    "metrics": '["accuracy"]',
    "loss": SPARSE.format(True),
}


healthy = filled(HEALTHY, SOUND)
WRONG = {
    "8.1": {
        "1: the shape at the layer": STACK.format(
            layers='keras.layers.Dense(20, activation="relu", input_shape=(10,)), '
            + ", ".join(REST[1:])
        ),
        "1: no shape": STACK.format(layers=", ".join(REST)),
        "1: one layer less": STACK.format(layers=FIRST + ", ".join(REST[1:])),
        "1: tanh": STACK.format(layers=FIRST + ", ".join(REST).replace("relu", "tanh")),
        "1: logits": STACK.format(
            layers=FIRST + ", ".join(REST).replace("softmax", "linear")
        ),
        "1: a functional model": "def repair_1(): return repair_2()",
        "1: the layers in a list": f"def repair_1(): return [{', '.join(REST)}]",
        "1: no return": "def repair_1(): repair_2()",
        "2: a Sequential": "def repair_2(): return repair_1()",
        "2: twice the same input": FUNCTIONAL.format(second="inputs", last="softmax"),
        "2: sigmoid": FUNCTIONAL.format(second="h", last="sigmoid"),
        "3: no validation data": FIT.format(
            begin="return ", options="epochs=3, callbacks=[stop]"
        ),
        "3: the training data twice": FIT.format(
            begin="return ",
            options="epochs=3, validation_data=(x, y), callbacks=[stop]",
        ),
        "3: no callback": FIT.format(
            begin="return ", options="epochs=3, validation_data=(x_val, y_val)"
        ),
        "3: one epoch": FIT.format(
            begin="return ",
            options="validation_data=(x_val, y_val), callbacks=[stop]",
        ),
        "3: no return": FIT.format(
            begin="",
            options="epochs=3, validation_data=(x_val, y_val), callbacks=[stop]",
        ),
        "4: lr": optimizer(4, "keras.optimizers.SGD(lr=0.01, momentum=0.9)"),
        "4: no momentum": optimizer(4, "keras.optimizers.SGD(0.01)"),
        "4: ten times the rate": optimizer(4, "keras.optimizers.SGD(0.1, 0.9)"),
        "4: Nesterov": optimizer(4, "keras.optimizers.SGD(0.01, 0.9, nesterov=True)"),
        "4: a name": optimizer(4, '"sgd"'),
        "5: decay": optimizer(5, "keras.optimizers.SGD(0.01, decay=1e-4)"),
        "5: a fixed rate": optimizer(5, "keras.optimizers.SGD(0.01)"),
        "5: weight decay": optimizer(
            5, "keras.optimizers.SGD(0.01, weight_decay=1e-4)"
        ),
        "5: exponential": optimizer(
            5,
            "keras.optimizers.SGD("
            "keras.optimizers.schedules.ExponentialDecay(0.01, 1, 1 - 1e-4))",
        ),
        "5: decay_steps and rate exchanged": optimizer(
            5,
            "keras.optimizers.SGD("
            "keras.optimizers.schedules.InverseTimeDecay(0.01, 1e-4, 1))",
        ),
        "5: with momentum": optimizer(
            5,
            "keras.optimizers.SGD("
            "keras.optimizers.schedules.InverseTimeDecay(0.01, 1, 1e-4), 0.9)",
        ),
        "6: the depth ignored": builder(count="1"),
        "6: the rate ignored": builder(
            compiled='model.compile(loss="mse", optimizer="sgd")'
        ),
        "6: the shape ignored": builder(inputs="keras.Input((8,))"),
        "6: not compiled": builder(compiled="pass"),
        "6: Adam": builder(
            compiled='model.compile(loss="mse", '
            "optimizer=keras.optimizers.Adam(learning_rate))"
        ),
        "6: absolute errors": builder(
            compiled='model.compile(loss="mae", '
            "optimizer=keras.optimizers.SGD(learning_rate))"
        ),
        "6: ReLU at the end": builder(last='1, activation="relu"'),
        "6: no ReLU": builder(inside="linear"),
        "6: input_shape": builder(
            inputs="keras.layers.InputLayer(input_shape=tuple(input_shape))"
        ),
        "7: a classifier": "def repair_7(build): "
        "return keras.wrappers.SKLearnClassifier(build)",
        "7: the model": "def repair_7(build): return build(np.ones((2, 3)), np.ones(2))",
        "7: another model": "def repair_7(build): "
        "return keras.wrappers.SKLearnRegressor(lambda X, y: repair_6(1, 3, .1, [3]))",
        "7: three epochs": "def repair_7(build): "
        "return keras.wrappers.SKLearnRegressor(build, fit_kwargs={'epochs': 3})",
        "8: the function of TensorFlow": "import tensorflow as tf\n"
        + SAVED.format(activation="tf.nn.softmax"),
        "8: a lambda": SAVED.format(activation="lambda z: keras.ops.softmax(z)"),
        "8: sigmoid": SAVED.format(activation='"sigmoid"'),
        "8: log softmax": SAVED.format(activation='"log_softmax"'),
        "9: no channel": IMAGES.format(shape="(28, 28)", more="", pool="MaxPooling2D"),
        "9: three channels": IMAGES.format(
            shape="(28, 28, 3)", more="", pool="MaxPooling2D"
        ),
        "9: the channel first": IMAGES.format(
            shape="(1, 28, 28)", more=', padding="same"', pool="MaxPooling2D"
        ),
        "9: mean pooling": IMAGES.format(
            shape="(28, 28, 1)", more="", pool="AveragePooling2D"
        ),
        "9: ReLU at the convolution": IMAGES.format(
            shape="(28, 28, 1)", more=', activation="relu"', pool="MaxPooling2D"
        ),
        "10: squared errors": 'def repair_10(model): model.compile("sgd", "mse"); '
        "return model",
        "10: Adam": 'def repair_10(model): model.compile("adam", "log_cosh"); '
        "return model",
        "10: not compiled": "def repair_10(model): return model",
        "10: the result of compile": "def repair_10(model): "
        'return model.compile("sgd", loss="log_cosh")',
        "10: another model": "def repair_10(model): "
        "m = keras.models.clone_model(model); "
        'm.compile("sgd", loss="log_cosh"); return m',
        "11: names": optimizer(11, '["RMSprop", "Adadelta"]'),
        "11: the order": optimizer(
            11, '[keras.optimizers.get(n) for n in ("Adadelta", "RMSprop")]'
        ),
        "11: Adam": optimizer(
            11, '[keras.optimizers.get(n) for n in ("RMSprop", "Adam")]'
        ),
        "11: one": optimizer(11, 'keras.optimizers.get("RMSprop")'),
        "11: another rate": optimizer(
            11, "[keras.optimizers.RMSprop(0.01), keras.optimizers.Adadelta()]"
        ),
        "12: l1": LAYER.format(
            options="kernel_regularizer=keras.regularizers.l1(0.01)"
        ),
        "12: half as much": LAYER.format(
            options="kernel_regularizer=keras.regularizers.l2(0.005)"
        ),
        "12: the bias": LAYER.format(
            options="bias_regularizer=keras.regularizers.l2(0.01)"
        ),
        "12: the default of l2 for both": LAYER.format(
            options='kernel_regularizer="l2", bias_regularizer="l2"'
        ),
        "12: no regularizer": LAYER.format(options=""),
        "12: ReLU": LAYER.format(
            options='activation="relu", kernel_regularizer=keras.regularizers.l2(0.01)'
        ),
        "12: the regularizer": "def repair_12(): return keras.regularizers.l2(0.01)",
    },
    "8.2": {
        "no biases": "params_8_2 = [0, 784 * 400, 400 * 150, 150 * 10]",
        "the layers with weights": "params_8_2 = params_8_2[1:]",
        "nested": "params_8_2 = [0, [1, 2], 3, 4]",
        "the weights alone": "bytes_8_2 = bytes_8_2 // 4",
        "float64": "bytes_8_2 = 2 * bytes_8_2",
        "one moment": "bytes_8_2 = bytes_8_2 // 4 * 3",
        "bits": "bytes_8_2 = 8 * bytes_8_2",
        "the last batch left out": "steps_8_2 = 1718",
        "no whole number": "steps_8_2 = 55_000 / 32",
        "one step an image": "steps_8_2 = 55_000",
        "a step more": "steps_8_2 = steps_8_2 + 1",
        "a full last batch": "last_8_2 = 32",
        "not a number": "last_8_2 = float('nan')",
        "a text": "last_8_2 = '24'",
    },
    "8.3": {
        "an equal value improves": patient(
            better="value <= self.best - self.min_delta"
        ),
        "min_delta ignored": patient(better="value < self.best"),
        "min_delta added": patient(better="value < self.best + self.min_delta"),
        "larger is better": patient(
            better="self.weights is None or value > self.best + self.min_delta"
        ),
        "one epoch more": patient(late="self.wait > self.patience"),
        "one epoch less": patient(late="self.wait >= self.patience - 1"),
        "never": patient(late="False"),
        "no afresh": patient(fresh_once=FRESH, fresh="pass"),
        "the best is not afresh": patient(
            fresh_once="self.best = np.inf",
            fresh="self.best_epoch, self.wait, self.weights = 0, 0, None",
        ),
        "the wait is not reset": patient(reset="pass"),
        "epochs from 1": patient(best_epoch="epoch + 1"),
        "another quantity": patient(monitor='"val_loss"'),
        "restores always": patient(restore="True"),
        "restores never": patient(restore="False"),
        "restores only when stopped": patient(
            restore="self.restore_best_weights and self.model.stop_training"
        ),
        "the last weights": patient(weights="self.model.get_weights()"),
        "with the previous value": patient(
            reset="self.wait = 0", better="self._falls(value)"
        )
        + """
    def _falls(self, value):
        last, self.last = getattr(self, "last", np.inf), value
        return self.weights is None or value < last - self.min_delta
""",
        "the class of the course": "class Patient(callbacks.EarlyStopping): pass",
    },
    "8.4": {
        "no ReLU": inputs(left="linear"),
        "logits": inputs(last="None"),
        "the image alone": inputs(both="[h, h]"),
        "the numbers without their layer": inputs(both="[h, numbers]"),
        "the inputs exchanged": inputs(inputs="[numbers, image]"),
        "one input": inputs(right="flat", inputs="image"),
        "a flat image": inputs().replace("(28, 28)", "(784,)"),
        "the parts": "def two_inputs(): return keras.Input((28, 28)), keras.Input((5,))",
    },
    "8.5": {
        "the sign": train(sign="+"),
        "the rate ignored": train(rate="0.1"),
        "the rate by the batch": train(rate="learning_rate / batch_size"),
        "a sum over the batch": train(rate="learning_rate * len(x[rows])"),
        "probabilities": train(logits="False"),
        "the whole batch": train(rows="slice(None)"),
        "the last batch left out": train(end="len(x) - batch_size + 1"),
        "in another order": train(
            rows="np.random.default_rng(0).permutation(len(x))[start : start + batch_size]"
        ),
        "the loss before the epoch": train(
            after="pass",
            inside="start or record.append(loss(y, twin.to_numpy(model(x)))[0])",
        ),
        "the loss of the last batch": train(after="record.append(value)"),
        "the loss of every batch": train(
            after="pass", inside="record.append(loss(y, twin.to_numpy(model(x)))[0])"
        ),
        "the last loss alone": train(result="record[-1]"),
        "the weights stay": train(rate="0"),
        "only the last layer": train()
        .replace("zip(", "[*zip(")
        .replace("strict=True):", "strict=True)][-2:]:"),
    },
    "8.6": {
        "the sign": GRADIENT.format(result="share - 1 / K"),
        "no mean": GRADIENT.format(result="len(y) * (1 / K - share)"),
        "no one-half": GRADIENT.format(result="1 - K * share"),
        "classes without samples": GRADIENT.format(result="(1 / K - share)[share > 0]"),
        "log K": ENTROPY.format(result="np.log(K)"),
        "the sign of the entropy": ENTROPY.format(
            result="(share * np.log(share)).sum()"
        ),
        "bits": ENTROPY.format(result="-(share * np.log2(share)).sum()"),
        "a mean over classes": ENTROPY.format(result="-np.log(share).mean()"),
        "the classes that are there": ENTROPY.format(result="np.log(len(share))"),
        **short_cuts("steps_8_6"),
        "steps: a sign": with_line(
            "steps_8_6", 2, "diff((c / sum(c)) @ b - log(sum(exp(b))), b)"
        ),
        "steps: the counts, no shares": with_line(
            "steps_8_6", 2, "diff(sum(c) * log(sum(exp(b))) - c @ b, b)"
        ),
        "steps: the sum forgotten": with_line(
            "steps_8_6", 1, "diff(-(c / sum(c)) @ (b - log(exp(b))), b)"
        ),
        "steps: one over, not the share": with_line(
            "steps_8_6", 3, "1 / sum(exp(b)) - c / sum(c)"
        ),
        "steps: another result": with_line("steps_8_6", 4, "softmax(b) - c"),
    },
    "8.7": {
        "the mean over batches": epoch(weight="1"),
        "the sum": epoch(result=f"total, {AFTER}"),
        "the order": epoch(result=f"{AFTER}, total / count"),
        "no last batch": epoch(end="len(x) - batch_size + 1"),
        "two epochs": epoch(more="model.train_on_batch(x, y)"),
        "a list from evaluate": epoch(result="total / count, model.evaluate(x, y)"),
        "the loss of the last batch": epoch(result="total / count, loss"),
        "one number": epoch(result="total / count"),
        "after the epoch": 'answer_8_7 = "b"',
        "between": 'answer_8_7 = "c"',
        "nothing is left": 'answer_8_7 = "d"',
    },
    "8.8": {
        "A and D exchanged": 'faults_8_8 = "adcb"',
        "the rate": 'faults_8_8 = "bdce"',
        "three letters": 'faults_8_8 = "bdc"',
        "probabilities": healthy(
            last=', activation="softmax"', loss=SPARSE.format(False)
        ),
        "probabilities as logits": healthy(last=', activation="softmax"'),
        "logits as probabilities": healthy(loss=SPARSE.format(False)),
        "not the stable form": healthy(
            loss="lambda y, z: keras.losses.sparse_categorical_crossentropy("
            "y, keras.ops.exp(z) / keras.ops.sum(keras.ops.exp(z), -1, keepdims=True))"
        ),
        "no ReLU": healthy(inside=""),
        "no metric": healthy(metrics="None"),
        "another metric": healthy(metrics='["mse"]'),
        "the optimizer ignored": healthy(optimizer='"adam"'),
        "one-hot labels": healthy(
            loss="keras.losses.CategoricalCrossentropy(from_logits=True)"
        ),
        "not compiled": healthy()
        .replace("model.compile", "dict")
        .replace("dict(optimizer", "dict(optimizer=optimizer"),
        "a sum": healthy(
            loss="keras.losses.SparseCategoricalCrossentropy("
            'from_logits=True, reduction="sum")'
        ),
    },
}
