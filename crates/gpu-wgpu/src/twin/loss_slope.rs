use crate::kernels::loss_slope::Loss;

/// Minus the derivative of a row's loss by its outputs, and the loss; both times its weight.
pub(crate) fn run(loss: &Loss, fitted: &[f32], target: &[f32], weight: f32) -> (Vec<f32>, f32) {
    let pairs = || fitted.iter().zip(target);
    let (slopes, value): (Vec<f32>, f32) = match loss {
        Loss::Squared => (
            pairs().map(|(f, y)| y - f).collect(),
            pairs().map(|(f, y)| 0.5 * (y - f) * (y - f)).sum(),
        ),
        Loss::Logistic => {
            let share = |f: f32| {
                let small = (-f.abs()).exp();
                let rest = small / (1.0 + small);
                if f > 0.0 { 1.0 - rest } else { rest }
            };
            let value = |f: f32, q: f32| (-f.abs()).exp().ln_1p() + f.max(0.0) - q * f;
            (
                pairs().map(|(f, q)| q - share(*f)).collect(),
                pairs().map(|(f, q)| value(*f, *q)).sum(),
            )
        }
        Loss::Softmax => {
            let most = fitted.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let total: f32 = fitted.iter().map(|f| (f - most).exp()).sum();
            let along: f32 = pairs().map(|(f, q)| q * (f - most)).sum();
            let share: f32 = target.iter().sum();
            let slope = |(f, q): (&f32, &f32)| q - share * (f - most).exp() / total;
            (pairs().map(slope).collect(), share * total.ln() - along)
        }
        Loss::Huber { delta } => {
            let off = || pairs().map(|(f, y)| y - f).zip(delta);
            let bounded = |(e, d): (f32, &f32)| e.clamp(-d, *d);
            let value = |(e, d): (f32, &f32)| bounded((e, d)) * (e - 0.5 * bounded((e, d)));
            (off().map(bounded).collect(), off().map(value).sum())
        }
    };
    (slopes.iter().map(|s| weight * s).collect(), weight * value)
}
