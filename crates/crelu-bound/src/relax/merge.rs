use linalg_core::LinalgError;

use super::block::Block;
use super::form::{Form, Scales};
use super::moments::Moments;
use super::start::Start;
use super::units::Reduced;

/// Joins neighbouring blocks, `group` by `group`, and carries their moments and multipliers over. The
/// products between them, which had no place before, take the network's moments and no
/// multipliers.
///
/// `before`, `after`: the scales of the old and of the new blocks.
pub(super) fn merge(
    blocks: &[Block],
    group: usize,
    data: &Reduced,
    start: &Start,
    before: Scales,
    after: Scales,
) -> Result<Vec<Block>, LinalgError> {
    let mut joined = Vec::with_capacity(blocks.len().div_ceil(group));
    for children in blocks.chunks(group) {
        let mut rows: Vec<usize> = children.iter().flat_map(|b| &b.rows).copied().collect();
        rows.sort_unstable();
        let mut block = Block::new(data, rows, after)?;
        for s in 0..2 {
            start.fill_moments(&mut block, s, after);
            let mut multipliers = Form::zeros(block.rows.len(), data.rank());
            for child in children {
                let place: Vec<usize> = child
                    .rows
                    .iter()
                    .map(|row| block.rows.partition_point(|other| other < row))
                    .collect();
                let from = &child.signs[s];
                let own = scaled(&from.lifted, before, after);
                copy(&own, &place, &mut block.signs[s].state);
                let mut dual = from.state.clone();
                dual.add(-1.0, &from.lifted);
                let dual = scaled(&dual, after, before);
                copy(&dual, &place, &mut multipliers);
                // the corner is common: one moment, the sum of the multipliers
                block.signs[s].state.corner.copy_from(&own.corner);
                multipliers.corner += &dual.corner;
            }
            let Moments { state, lifted, .. } = &mut block.signs[s];
            lifted.clone_from(state);
            state.add(1.0, &multipliers);
        }
        joined.push(block);
    }
    Ok(joined)
}

/// A form in `(kappa a, z, z', delta u)` for other scales (moments; multipliers: the other way).
fn scaled(form: &Form, from: Scales, to: Scales) -> Form {
    let (of_a, of_u) = (to.kappa / from.kappa, to.delta / from.delta);
    let mut out = form.clone();
    out.bound.iter_mut().for_each(|v| *v *= of_a);
    out.slope *= faer::Scale(of_u);
    let factor = |k: usize| if k == 0 { of_a } else { of_u };
    for j in 0..out.corner.ncols() {
        for i in 0..out.corner.nrows() {
            out.corner[(i, j)] *= factor(i) * factor(j);
        }
    }
    out
}

/// Everything but the corner, rows to their places.
fn copy(from: &Form, place: &[usize], to: &mut Form) {
    let (m, wide) = (place.len(), to.bound.len() / 2);
    let at = |i: usize| if i < m { place[i] } else { wide + place[i - m] };
    for j in 0..2 * m {
        for i in 0..2 * m {
            to.products[(at(i), at(j))] = from.products[(i, j)];
        }
        to.bound[at(j)] = from.bound[j];
        for k in 0..to.slope.nrows() {
            to.slope[(k, at(j))] = from.slope[(k, j)];
        }
    }
}
