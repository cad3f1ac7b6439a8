"""Columns of text and missing values are those of the command line."""

import csv

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

import crelu
from crelu import ConvexReLUClassifier, ConvexReLURegressor

#: Predictions of the same file by two programs.
SAME = 1e-12


def one(**arguments):
    return ConvexReLURegressor(beta=1e-3, prove=False, **arguments)


def test_text_becomes_a_column_a_level(frames, paints):
    columns, y = paints
    frame = frames.DataFrame(columns)
    model = one().fit(frame, y)
    assert list(model.feature_names_in_) == ["size", "colour"]
    assert list(model.coded_names_) == ["size", "colour=blue", "colour=green", "colour=red"]
    assert model.coef_hidden_.shape[1] == 4
    assert model.score(frame, y) > 0.98
    # by bytes, as the command line has them
    colour = np.array(columns["colour"])
    hot = np.column_stack([columns["size"], *(colour == c for c in ("blue", "green", "red"))])
    own = one().fit(hot.astype(float), y)
    np.testing.assert_array_equal(own.predict(hot), model.predict(frame))
    with pytest.warns(UserWarning, match="'pink' of column 'colour' .1 row"):
        model.predict(frames.DataFrame({"size": [0.0], "colour": ["pink"]}))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frames.DataFrame({"size": [0.0], "hue": ["red"]}))


def test_arrays_of_objects_and_lists_hold_text_too(frames, paints):
    columns, y = paints
    model = one().fit(frames.DataFrame(columns), y)
    rows = np.array(list(zip(*columns.values())), dtype=object)
    for X in (rows, rows.tolist()):
        other = one().fit(X, y)
        np.testing.assert_array_equal(other.predict(X), model.predict(frames.DataFrame(columns)))
    # digits among digits are numbers where no dtype says otherwise
    digits = np.array([["1", "2.5"], ["3", "4"], ["0", "1"]], dtype=object)
    assert one().fit(digits, [0.0, 1.0, 2.0])._model.columns is None


def test_holes_are_refused_with_their_place(frames, paints):
    columns, y = paints
    for name, hole in (("size", None), ("colour", None), ("colour", " n/a ")):
        cells = list(columns[name])
        cells[7] = hole
        frame = frames.DataFrame({**columns, name: cells})
        with pytest.raises(ValueError, match=f"row 7, column '{name}'.*missing='impute'"):
            one().fit(frame, y)


def test_imputed_holes_have_a_median_and_a_column_of_their_own(frames, paints):
    columns, y = paints
    size, colour = list(columns["size"]), list(columns["colour"])
    size[3], colour[5] = None, None
    frame = frames.DataFrame({"size": size, "colour": colour})
    model = one(missing="impute").fit(frame, y)
    assert list(model.coded_names_) == [
        "size",
        "size (missing)",
        "colour=",
        "colour=blue",
        "colour=green",
        "colour=red",
    ]
    there = np.array([k != 3 for k in range(90)])
    median = np.median(columns["size"][there])
    filled = np.where(there, columns["size"], median)
    colour = np.array(["" if c is None else c for c in colour])
    levels = ("", "blue", "green", "red")
    hot = np.column_stack([filled, ~there, *(colour == level for level in levels)]).astype(float)
    np.testing.assert_array_equal(one().fit(hot, y).predict(hot), model.predict(frame))
    # a hole where training had none
    assert np.isfinite(model.predict(frames.DataFrame({"size": [None], "colour": [None]}))).all()


def test_arrays_of_numbers_are_imputed():
    rng = np.random.default_rng(4)
    X = rng.normal(size=(80, 3))
    y = np.abs(X[:, 0])
    X[::9, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        one().fit(X, y)
    for kind in (np.float64, np.float32):
        model = one(missing="impute").fit(X.astype(kind), y)
        assert model.n_features_in_ == 3 and model.coef_hidden_.shape[1] == 4
        assert model.score(X.astype(kind), y) > 0.9
    with pytest.raises(ValueError, match="missing"):
        one(missing="mean").fit(X, y)
    with pytest.raises(ValueError, match="infinity"):
        one(missing="impute").fit(np.where(np.isnan(X), np.inf, X), y)


def test_categorical_names_further_columns(frames, paints):
    columns, y = paints
    codes = [3, 11, 2] * 30
    frame = frames.DataFrame({**columns, "code": codes})
    model = one(categorical=["code"]).fit(frame, y)
    # levels are texts, sorted by bytes
    assert list(model.coded_names_[4:]) == ["code=11", "code=2", "code=3"]
    array = np.column_stack([columns["size"], codes])
    assert one(categorical=[1]).fit(array, y).coef_hidden_.shape[1] == 4
    with pytest.raises(ValueError, match="'red' is no number|is no number"):
        one(categorical="none").fit(frame, y)
    with pytest.raises(ValueError, match="no column 'hue'"):
        one(categorical=["hue"]).fit(frame, y)


def test_categorical_dtypes_are_levels(paints):
    columns, y = paints
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    frame = pandas.DataFrame(columns).assign(code=pandas.Categorical([1, 2, 30] * 30))
    assert list(one().fit(frame, y).coded_names_[4:]) == ["code=1", "code=2", "code=30"]
    frame = polars.DataFrame(columns).with_columns(polars.col("colour").cast(polars.Categorical))
    assert len(one().fit(frame, y).coded_names_) == 4
    # pandas' own kind of whole numbers, with a hole
    sizes = pandas.array([1, None, 3] * 30, dtype="Int64")
    frame = pandas.DataFrame({"size": sizes})
    with pytest.raises(ValueError, match="row 1, column 'size'"):
        one().fit(frame, y)
    assert one(missing="impute").fit(frame, y).coef_hidden_.shape[1] == 2


def test_too_many_levels_and_mixed_columns_are_named(frames):
    y = np.arange(200.0)
    with pytest.raises(ValueError, match="column 'name'.*200 different"):
        one().fit(frames.DataFrame({"name": [f"n{i}" for i in range(200)]}), y)
    mixed = np.array([["red", 1.0], [2, 1.0]] * 100, dtype=object)
    with pytest.raises(ValueError, match="row 0, column 0: 'red' is no number"):
        one().fit(mixed, y)


def test_weights_and_repeated_rows_of_a_table_are_the_same(frames, paints):
    columns, y = paints
    times = np.arange(90) % 3
    frame = {name: np.array(cells, dtype=object) for name, cells in columns.items()}
    again = {name: np.repeat(cells, times).tolist() for name, cells in frame.items()}
    again["size"] = [float(size) for size in again["size"]]
    frame = frames.DataFrame(columns)
    one_way = one(missing="impute").fit(frame, y, sample_weight=times)
    other = one(missing="impute").fit(frames.DataFrame(again), np.repeat(y, times))
    np.testing.assert_allclose(one_way.predict(frame), other.predict(frame), rtol=1e-9, atol=1e-12)


def write(path, columns, y=None):
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow([*columns, *([] if y is None else ["price"])])
        cells = [*columns.values(), *([] if y is None else [y])]
        out.writerows(["" if c is None else c for c in row] for row in zip(*cells))


@pytest.mark.parametrize("missing", ["error", "impute"])
def test_files_of_both_sides_predict_the_same(tmp_path, command_line, frames, paints, missing):
    columns, y = paints
    columns = {"size": [float(size) for size in columns["size"]], "colour": list(columns["colour"])}
    if missing == "impute":
        columns["size"][3] = columns["colour"][5] = None
    frame = frames.DataFrame(columns)
    write(tmp_path / "rows.csv", columns)
    write(tmp_path / "train.csv", columns, y)

    def told(model):
        text = command_line("predict", model, tmp_path / "rows.csv")
        return np.array([float(line) for line in text.split()[1:]])

    model = one(missing=missing).fit(frame, y)
    model.save(tmp_path / "python.safetensors")
    np.testing.assert_allclose(
        told(tmp_path / "python.safetensors"), model.predict(frame), rtol=SAME
    )
    own = tmp_path / "own.safetensors"
    command_line(
        "fit", tmp_path / "train.csv", "--beta", "1e-3", "--missing", missing, "--no-prove",
        "--out", own, "--report", tmp_path / "own.json", "--quiet",
    )  # fmt: skip
    again = crelu.load(own)
    assert list(again.feature_names_in_) == ["size", "colour"]
    assert again.missing == missing
    np.testing.assert_allclose(told(own), again.predict(frame), rtol=SAME)
    # the same rows, options and seed are the same fit
    np.testing.assert_allclose(told(own), model.predict(frame), rtol=SAME)
    again.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == own.read_bytes()


def test_labels_and_choice_are_those_of_the_command_line(tmp_path, command_line, rings):
    pandas = pytest.importorskip("pandas")
    X, y = rings
    frame = pandas.DataFrame(X, columns=list("abc"))
    frame.assign(ring=y).to_csv(tmp_path / "train.csv", index=False)
    own = tmp_path / "own.safetensors"
    command_line(
        "fit", tmp_path / "train.csv", "--no-prove", "--beta", "cv", "--out", own,
        "--report", tmp_path / "own.json", "--quiet",
    )  # fmt: skip
    model = ConvexReLUClassifier(prove=False).fit(frame, pandas.Series(y, name="ring"))
    assert abs(crelu.load(own).beta_ / model.beta_ - 1) < SAME
    model.save(tmp_path / "python.safetensors")
    assert (tmp_path / "python.safetensors").stat().st_size > 0
    text = command_line("predict", tmp_path / "python.safetensors", tmp_path / "train.csv")
    assert text.split()[1:] == list(model.predict(frame))


def test_several_targets_are_named_in_the_file(tmp_path, command_line, hinges):
    pandas = pytest.importorskip("pandas")
    X, y = hinges
    targets = pandas.DataFrame({"up": y, "down": -y})
    model = one().fit(X, targets)
    model.save(tmp_path / "m.safetensors")
    np.savetxt(tmp_path / "rows.csv", X, delimiter=",")
    text = command_line("predict", tmp_path / "m.safetensors", tmp_path / "rows.csv")
    lines = text.split()
    assert lines[0] == "prediction_up,prediction_down"
    told = np.array([[float(cell) for cell in line.split(",")] for line in lines[1:]])
    np.testing.assert_allclose(told, model.predict(X), rtol=SAME)


def test_sparse_rows_are_those_of_their_array(hinges):
    sparse = pytest.importorskip("scipy.sparse")
    X, y = hinges
    X = np.where(np.abs(X) < 0.5, 0.0, X)
    dense = one().fit(X, y)
    for kind in (sparse.csr_array, sparse.csr_matrix, sparse.csc_array, sparse.coo_array):
        model = one().fit(kind(X), y)
        np.testing.assert_array_equal(model.predict(kind(X)), dense.predict(X))
    # a place that stands there twice is the sum
    twice = sparse.csr_array(
        (np.array([1.0, 2.0, 4.0]), np.array([0, 0, 3]), np.array([0, 2, 3])), shape=(2, 4)
    )
    np.testing.assert_array_equal(dense.predict(twice), dense.predict(twice.toarray()))


def test_large_sparse_rows_are_trained_on_by_their_entries(tmp_path, command_line):
    sparse = pytest.importorskip("scipy.sparse")
    from sklearn.datasets import dump_svmlight_file

    # 18 million cells, of which 80 columns ever hold anything
    rng = np.random.default_rng(4)
    n, width, used = 600, 30_000, 80
    places = np.sort(rng.choice(width, used, replace=False))
    places[-1] = width - 1
    filled = np.where(rng.random((n, used)) < 0.2, rng.normal(size=(n, used)), 0.0)
    filled[0] = 1.0
    y = np.maximum(filled[:, :5].sum(axis=1), 0) + 0.01 * rng.normal(size=n)
    # a file of text has 16 digits
    filled, y = np.round(64 * filled) / 64, np.round(64 * y) / 64
    rows, columns = np.nonzero(filled)
    X = sparse.csr_matrix((filled[rows, columns], (rows, places[columns])), shape=(n, width))
    model = one(random_state=3).set_params(beta=0.05).fit(X, y)
    described = model.report_["settings"]["sparse"]
    assert described == {"columns": used + 1, "entries": X.nnz + n}
    some = X[:50]
    np.testing.assert_allclose(model.predict(X)[:50], model.predict(some), rtol=SAME)
    np.testing.assert_allclose(model.predict(some), model.predict(some.toarray()), rtol=SAME)
    # wide indices, unsorted, with a place that stands there in two parts
    other = sparse.csr_matrix(X)
    data = np.concatenate([other.data[other.indptr[0] : other.indptr[1]][::-1], [0.5, -0.5]])
    indices = other.indices[other.indptr[0] : other.indptr[1]][::-1].astype(np.int64)
    indices = np.concatenate([indices, [5, 5]])
    rest = other.indptr[1]
    odd = sparse.csr_matrix(
        (
            np.concatenate([data, other.data[rest:]]),
            np.concatenate([indices, other.indices[rest:]]),
            np.concatenate([[0], other.indptr[1:] + 2]),
        ),
        shape=X.shape,
    )
    np.testing.assert_array_equal(model.predict(odd), model.predict(X))
    # the command line's fit of the same rows
    dump_svmlight_file(X, y, str(tmp_path / "rows.svm"), zero_based=False)
    command_line(
        "fit", tmp_path / "rows.svm", "--beta", "0.05", "--seed", "3", "--no-prove",
        "--task", "regress", "--quiet", "--out", tmp_path / "there.safetensors",
    )  # fmt: skip
    there = crelu.load(tmp_path / "there.safetensors")
    np.testing.assert_allclose(there.predict(some), model.predict(some), rtol=SAME)


@pytest.mark.parametrize("layout", ["C", "F"])
@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int64])
def test_layouts_and_precisions_are_the_same_numbers(hinges, layout, kind):
    X, y = hinges
    X = np.round(X * 8).astype(kind)
    plain = one().fit(np.ascontiguousarray(X, dtype=np.float64), y)
    wide = np.asarray(np.repeat(X, 2, axis=1), order=layout)[:, ::2]
    for rows in (np.asarray(X, order=layout), wide):
        np.testing.assert_array_equal(one().fit(rows, y).predict(rows), plain.predict(X))


def test_pipelines_hand_frames_on(frames, paints):
    from sklearn.preprocessing import FunctionTransformer

    columns, y = paints
    frame = frames.DataFrame(columns)
    pipeline = make_pipeline(FunctionTransformer(), one())
    assert pipeline.fit(frame, y).score(frame, y) > 0.98
