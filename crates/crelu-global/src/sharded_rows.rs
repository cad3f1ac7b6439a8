//! The passes over rows that are divided over processes.

use linalg_core::{Control, for_each_mut};

use crate::ascent::{Ascent, climb};
use crate::balanced::Balanced;
use crate::engine::row_engine::{Batch, Ends, Evaluate, RowEngine};
use crate::host_rows::block_of;
use crate::row_problem::RowProblem;
use crate::sharded::{BLOCK, Sharded};

impl RowEngine for Sharded {
    /// All blocks of columns in step, one exchange a step.
    fn ascend(&self, problem: &RowProblem, batch: &Batch<'_>, control: &Control<'_>) -> Ends {
        let (rank, outputs) = (problem.rank(), problem.outputs());
        let data = batch.sample.unwrap_or_else(|| problem.narrow());
        let rows = match data.is_sparse() {
            // slopes of sparse rows are far longer than their entries
            true => data.len().max(1),
            false => BLOCK,
        };
        let block = block_of(batch.signs.len());
        let columns = batch.columns.chunks(block * rank);
        let mut ascents: Vec<Ascent> = columns
            .zip(batch.signs.chunks(block))
            .map(|(u, signs)| {
                let mut ascent = Ascent::new(rank, outputs, signs.to_vec());
                ascent.u.copy_from_slice(u);
                ascent
            })
            .collect();
        let mut sums = Vec::new();
        let mut pass = |ascents: &mut [Ascent]| {
            let mut once_more = true;
            while once_more {
                sums.resize(ascents.iter().map(Ascent::sums).sum(), 0.0);
                let mut rest = &mut sums[..];
                let mut parts = Vec::with_capacity(ascents.len());
                for ascent in &mut *ascents {
                    let (part, others) = core::mem::take(&mut rest).split_at_mut(ascent.sums());
                    parts.push((ascent, part));
                    rest = others;
                }
                for_each_mut(&mut parts, |_, (ascent, part)| {
                    ascent.sum_up(data, batch.theta, rows, part);
                });
                self.join(&mut sums);
                let mut rest = &sums[..];
                once_more = false;
                for ascent in &mut *ascents {
                    let (part, others) = rest.split_at(ascent.sums());
                    once_more |= ascent.take_sums(part);
                    rest = others;
                }
            }
        };
        climb(&mut ascents, batch.course, batch.steps, control, &mut pass);
        let mut ends = Ends::default();
        for ascent in &ascents {
            ascent.end_in(&mut ends);
        }
        ends
    }

    fn balanced<'p>(&'p self, problem: &'p RowProblem, m: usize) -> Box<dyn Evaluate + 'p> {
        match problem.is_sparse() {
            true => Box::new(Balanced::narrow(problem, m)),
            false => Box::new(Balanced::in_blocks(problem, m, BLOCK)),
        }
    }
}
