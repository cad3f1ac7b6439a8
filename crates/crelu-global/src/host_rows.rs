use linalg_core::{Control, for_each_mut};

use crate::ascent::{Ascent, climb};
use crate::balanced::Balanced;
use crate::engine::row_engine::{Batch, Ends, Evaluate, RowEngine};
use crate::fused::Lane;
use crate::row_problem::RowProblem;

/// The passes over the rows by this machine's cores.
#[derive(Debug)]
pub struct HostRows;

/// Most columns of a block of ascents, both signs in turn. The cut follows from their number alone,
/// so the answer does not depend on the number of threads.
const BLOCK: usize = 96;

/// Columns of a block of so many: an even number, for both signs, and an even number of blocks.
pub(crate) fn block_of(columns: usize) -> usize {
    let blocks = columns.div_ceil(BLOCK).next_multiple_of(2).max(2);
    columns.div_ceil(blocks).next_multiple_of(2).max(2)
}

impl RowEngine for HostRows {
    fn ascend(&self, problem: &RowProblem, batch: &Batch<'_>, control: &Control<'_>) -> Ends {
        let (rank, outputs) = (problem.rank(), problem.outputs());
        let data = batch.sample.unwrap_or_else(|| problem.narrow());
        let block = block_of(batch.signs.len());
        let parts = batch
            .columns
            .chunks(block * rank)
            .zip(batch.signs.chunks(block));
        let mut blocks: Vec<(&[f32], &[f32], Option<Ends>)> =
            parts.map(|(u, signs)| (u, signs, None)).collect();
        for_each_mut(&mut blocks, |_, (u, signs, out)| {
            if control.halt().is_some() {
                return;
            }
            let mut ascent = Ascent::new(rank, outputs, signs.to_vec());
            ascent.u.copy_from_slice(u);
            let pass = &mut |ascents: &mut [Ascent]| {
                for ascent in ascents {
                    ascent.gradients(data, batch.theta);
                }
            };
            let one = core::slice::from_mut(&mut ascent);
            climb(one, batch.course, batch.steps, control, pass);
            // the ends alone stay: an ascent has six numbers a coordinate and column
            let mut ends = Ends::default();
            ascent.end_in(&mut ends);
            *out = Some(ends);
        });
        let mut ends = Ends::default();
        for (_, _, part) in blocks {
            let Some(part) = part else { continue };
            ends.gone_through += part.gone_through;
            ends.points.extend(part.points);
            ends.values.extend(part.values);
            ends.signs.extend(part.signs);
        }
        ends
    }

    fn balanced<'p>(&'p self, problem: &'p RowProblem, m: usize) -> Box<dyn Evaluate + 'p> {
        Box::new(Balanced::narrow(problem, m))
    }
}

impl<T: Lane> Evaluate for Balanced<'_, T> {
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        Balanced::evaluate(self, x, gradient)
    }
}
