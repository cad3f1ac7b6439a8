use super::{dot, line_sum};
use crate::kernels::ascent_step::Motion;

/// A column of an ascent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    pub(crate) u: Vec<f32>,
    pub(crate) velocity: Vec<f32>,
    pub(crate) best: Vec<f32>,
    pub(crate) value: f32,
}

/// The sum of squares as a line of invocations takes it, a quadruple each.
fn square(values: &[f32]) -> f32 {
    line_sum(values.chunks(4).map(|four| dot(four, four)))
}

pub(crate) fn run(column: &mut Column, gradient: &[f32], price: f32, motion: Motion, step: f32) {
    if price > column.value {
        column.value = price;
        column.best.copy_from_slice(&column.u);
    }
    let divisor = price.abs().max(motion.least * square(gradient).sqrt());
    if step <= 0.0 || divisor <= 0.0 || !divisor.is_finite() || !price.is_finite() {
        return;
    }
    let share = motion.gain / divisor;
    let parts = column.u.iter_mut().zip(&mut column.velocity).zip(gradient);
    for ((u, m), g) in parts {
        *m = motion.momentum * *m + share * (g - price * *u);
        *u += step * *m;
    }
    let norm = square(&column.u).sqrt();
    if norm > 0.0 {
        for u in &mut column.u {
            *u /= norm;
        }
    }
}
