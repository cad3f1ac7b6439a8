use super::LossKind;

/// A loss by its kind and its targets: what an engine needs that evaluates it by code of its own, with
/// the weights of [`Loss::weight`](super::Loss::weight).
#[derive(Debug, Clone, PartialEq)]
pub struct RowLoss<'a> {
    /// Which loss.
    pub kind: LossKind,
    /// `K` numbers a row, a row's together, as [`LossKind::of`] takes them.
    pub target: &'a [f64],
    /// What the value has beside the sum over the rows.
    pub constant: f64,
}
