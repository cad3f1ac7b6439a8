use crelu_core::LossKind;

/// The class that outputs speak for: of one output, the second for `f >= 0`; else the place of the
/// largest, the first of equals.
pub(crate) fn class_of(outputs: &[f64]) -> usize {
    match outputs {
        [f] => usize::from(*f >= 0.0),
        _ => (0..outputs.len()).fold(0, |best, k| match outputs[k] > outputs[best] {
            true => k,
            false => best,
        }),
    }
}

/// Whether the outputs of a network trained on that loss are probabilities of so many classes: not
/// those of the squared loss with more than two.
pub(crate) fn has_probabilities(kind: &LossKind, classes: usize) -> bool {
    match kind {
        LossKind::Logistic | LossKind::Softmax => true,
        _ => classes == 2,
    }
}

/// The probabilities of the classes, where [`has_probabilities`] says that there are any: logistic
/// `1 / (1 + e^-f)`, softmax, and for the squared loss of two classes `clip((f + 1) / 2, 0, 1)`.
pub(crate) fn probabilities_into(kind: &LossKind, outputs: &[f64], p: &mut [f64]) {
    match (kind, outputs) {
        (LossKind::Logistic, [f]) => {
            // of the less likely class, so that it keeps its digits
            let e = (-f.abs()).exp();
            let (less, more) = (e / (1.0 + e), 1.0 / (1.0 + e));
            (p[0], p[1]) = if *f >= 0.0 {
                (less, more)
            } else {
                (more, less)
            };
        }
        (_, [f]) => {
            p[1] = (0.5 * (f + 1.0)).clamp(0.0, 1.0);
            p[0] = 1.0 - p[1];
        }
        _ => {
            let largest = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mut total = 0.0;
            for (p, f) in p.iter_mut().zip(outputs) {
                *p = (f - largest).exp();
                total += *p;
            }
            for p in p.iter_mut() {
                *p /= total;
            }
        }
    }
}
