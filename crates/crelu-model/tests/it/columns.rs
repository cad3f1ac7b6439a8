//! Finding a model's columns in other data: by name where both have names, else by place.

use crelu_model::{ColumnError, ColumnMatch, DataColumns, TargetPlace, TrainingColumns};

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|&name| name.to_owned()).collect()
}

/// What a model of `features` and a target, at `place` among them, finds in a file of `columns`.
fn found(
    (features, target, place): (&[&str], &str, usize),
    columns: &[&str],
    needs_target: bool,
) -> Result<ColumnMatch, ColumnError> {
    let (features, columns) = (names(features), names(columns));
    let known = TrainingColumns {
        n_features: features.len(),
        feature_names: Some(&features),
        target_name: Some(target),
        target_index: Some(place),
        other_targets: &[],
        weights: None,
    };
    known.find(&DataColumns {
        names: Some(&columns),
        count: columns.len(),
        target_apart: false,
        sparse: false,
        needs_target,
    })
}

const AB: (&[&str], &str, usize) = (&["a", "b"], "y", 2);

#[test]
fn columns_with_names_are_found_wherever_they_stand() {
    for (columns, features, target, ignored) in [
        (&["a", "b", "y"][..], [0, 1], Some(2), &[][..]),
        (&["a", "b"], [0, 1], None, &[]),
        (&["b", "a"], [1, 0], None, &[]),
        (&["y", "b", "a"], [2, 1], Some(0), &[]),
        (&["id", "a", "b"], [1, 2], None, &[0]),
        (&["a", "q", "b", "y", "z"], [0, 2], Some(3), &[1, 4]),
        (&["a", "q", "q", "b"], [0, 3], None, &[1, 2]),
        (&["A", "a", "b"], [1, 2], None, &[0]),
        // two of the target's name, which is not needed
        (&["y", "a", "b", "y"], [1, 2], None, &[]),
    ] {
        let found = found(AB, columns, false).unwrap();
        assert_eq!(found.features, features, "{columns:?}");
        assert_eq!(
            (found.target, &*found.ignored),
            (target, ignored),
            "{columns:?}"
        );
        assert!(found.renamed.is_empty(), "{columns:?}");
    }
    let found = found(AB, &["id", "y", "b", "a"], true).unwrap();
    assert_eq!((found.features, found.target), (vec![3, 2], Some(1)));
}

#[test]
fn columns_whose_names_differ_in_case_blanks_or_quotes_are_taken_and_told() {
    let known = (&["Max Temp", "b"][..], "y", 2);
    let found_in = |columns: &[&str]| found(known, columns, true);
    for name in [
        "max temp",
        " Max  Temp ",
        "\"Max Temp\"",
        "'MAX TEMP'",
        "\u{feff}Max Temp",
    ] {
        let found = found_in(&["Y", name, "b"]).unwrap();
        assert_eq!(
            (found.features, found.target),
            (vec![1, 2], Some(0)),
            "{name:?}"
        );
        assert_eq!(
            found.renamed,
            [("Max Temp".to_owned(), 1), ("y".to_owned(), 0)]
        );
    }
    // of two candidates none is taken
    let doubtful = found_in(&["y", "max temp", "MAX TEMP", "b"]).unwrap_err();
    assert!(matches!(doubtful, ColumnError::Missing { ref name, .. } if name == "Max Temp"));
    // an exact name is never taken for another
    let twins = (&["a", "A"][..], "y", 2);
    assert_eq!(found(twins, &["A", "a"], false).unwrap().features, [1, 0]);
    let error = found(twins, &["a", "b"], false).unwrap_err();
    assert!(matches!(error, ColumnError::Missing { ref name, .. } if name == "A"));
}

#[test]
fn columns_that_are_missing_are_named() {
    let error = found(AB, &["a", "c", "d"], false).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no column 'b', which the model was trained on; the columns are a, c, d"
    );
    let error = found(AB, &["x", "z"], false).unwrap_err().to_string();
    assert!(
        error.starts_with("no column 'a'") && error.contains("and 1 more"),
        "{error}"
    );
    let error = found(AB, &["a", "b", "z"], true).unwrap_err().to_string();
    assert!(error.starts_with("no column 'y', the target,"), "{error}");
    assert!(!error.contains('\n'));
    let broken = (&["a\nb", "c"][..], "y", 2);
    let error = found(broken, &["c"], false).unwrap_err().to_string();
    assert!(error.contains("'a\\nb'"), "{error}");
}

#[test]
fn columns_of_one_name_keep_their_order_or_are_refused() {
    let twice = (&["a", "a", "b"][..], "y", 3);
    assert_eq!(
        found(twice, &["b", "a", "q", "a"], false).unwrap().features,
        [1, 3, 0]
    );
    let error = found(twice, &["a", "b"], false).unwrap_err();
    assert!(
        matches!(
            error,
            ColumnError::TooFew {
                want: 2,
                got: 1,
                ..
            }
        ),
        "{error}"
    );
    let error = found(AB, &["a", "b", "a"], false).unwrap_err();
    assert!(
        matches!(
            error,
            ColumnError::Ambiguous {
                first: 1,
                second: 3,
                want: 1,
                ..
            }
        ),
        "{error}"
    );
    // a feature called like the target, which stood behind it
    let same = (&["y", "b"][..], "y", 2);
    let both = found(same, &["b", "y", "y"], true).unwrap();
    assert_eq!((both.features, both.target), (vec![1, 0], Some(2)));
    assert_eq!(found(same, &["b", "y"], false).unwrap().features, [1, 0]);
    assert!(found(same, &["b", "y"], true).is_err());
    // and before it
    let before = found((&["y", "b"], "y", 0), &["y", "y", "b"], true).unwrap();
    assert_eq!((before.features, before.target), (vec![1, 2], Some(0)));
}

/// Without names on one side.
fn by_place(
    target_index: Option<usize>,
    count: usize,
    (target_apart, sparse, needs_target): (bool, bool, bool),
    data_names: bool,
) -> Result<ColumnMatch, ColumnError> {
    let (known, columns) = (names(&["a", "b"]), names(&["q"; 9][..count]));
    let known = TrainingColumns {
        n_features: 2,
        feature_names: (!data_names).then_some(&known),
        target_name: None,
        target_index,
        other_targets: &[],
        weights: None,
    };
    known.find(&DataColumns {
        names: data_names.then_some(&columns),
        count,
        target_apart,
        sparse,
        needs_target,
    })
}

#[test]
fn columns_without_names_are_taken_by_place() {
    const TABLE: (bool, bool, bool) = (false, false, false);
    const SCORED: (bool, bool, bool) = (false, false, true);
    const APART: (bool, bool, bool) = (true, false, true);
    const SPARSE: (bool, bool, bool) = (true, true, true);
    for (index, count, kind, features, target) in [
        (Some(1), 2, TABLE, [0, 1], None),
        (Some(1), 3, TABLE, [0, 2], Some(1)),
        (Some(0), 3, SCORED, [1, 2], Some(0)),
        (None, 3, TABLE, [0, 1], Some(2)),
        (Some(1), 2, APART, [0, 1], None),
        (None, 1, SPARSE, [0, 1], None),
    ] {
        for data_names in [false, true] {
            let found = by_place(index, count, kind, data_names).unwrap();
            assert_eq!(
                (found.features.as_slice(), found.target),
                (&features[..], target)
            );
        }
    }
    for (count, kind, target) in [
        (1, TABLE, TargetPlace::Optional(2)),
        (4, TABLE, TargetPlace::Optional(2)),
        (2, SCORED, TargetPlace::Needed(2)),
        (3, APART, TargetPlace::Apart),
        (3, SPARSE, TargetPlace::Apart),
    ] {
        let error = by_place(Some(1), count, kind, false).unwrap_err();
        assert_eq!(
            error,
            ColumnError::Count {
                want: 2,
                beside: 0,
                got: count,
                target
            }
        );
        let line = error.to_string();
        assert!(
            line.starts_with(&format!("{count} ")) && line.contains('2'),
            "{line}"
        );
    }
}
