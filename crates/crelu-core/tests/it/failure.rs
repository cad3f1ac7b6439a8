use crelu_core::{Huber, LossError, LossKind};

#[test]
fn bad_numbers_are_named() {
    let squared = LossKind::Squared;
    let value = |error: LossError| match error {
        LossError::Value { row, .. } => row,
        other => panic!("{other}"),
    };
    assert_eq!(
        squared
            .of(vec![1.0, f64::NAN], 1, None)
            .map_err(value)
            .err(),
        Some(1)
    );
    let weights = |w: Vec<f64>| squared.of(vec![1.0, 2.0], 1, Some(w));
    assert_eq!(weights(vec![1.0, -1.0]).map_err(value).err(), Some(1));
    assert_eq!(weights(vec![f64::NAN, 1.0]).map_err(value).err(), Some(0));
    assert_eq!(weights(vec![0.0, 0.0]).err(), Some(LossError::NoWeight));
    assert!(matches!(
        weights(vec![1.0]).err(),
        Some(LossError::Shape {
            got: 1,
            want: 2,
            ..
        })
    ));
    assert!(matches!(
        squared.of(vec![1.0; 5], 2, None).err(),
        Some(LossError::Shape { .. })
    ));
    assert_eq!(
        LossKind::Logistic
            .of(vec![1.0, 3.0], 1, None)
            .map_err(value)
            .err(),
        Some(1)
    );
    assert_eq!(
        LossKind::Softmax
            .of(vec![1.0, 0.0, 0.5, 0.4], 2, None)
            .map_err(value)
            .err(),
        Some(1)
    );
    for delta in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            Huber::new(delta),
            Err(LossError::Parameter { .. })
        ));
    }
}
