use linalg_core::{Control, Real, dot, norm};

use crate::ascent_heads::Heads;
use crate::ascent_steps::{Course, GAIN, LEAST_VALUE, MOMENTUM, better_half, phases};
use crate::balanced::add_widened;
use crate::engine::row_engine::Ends;
use crate::fused::{Climb, Lane, Layout, Level, Part};
use crate::rows::tiles;

/// Goes through a course with batches in step, `pass` making the gradients of all of them at their iterates.
///
/// Steps of plain momentum without a test of acceptance: monotone ascents stall on the concave
/// kinks `x_j'u = 0`, `s theta_j < 0`. With `g = s R'D theta` and the value `v = u'g`,
///
/// ```text
///     m = 0.9 m + 0.03 (g - v u) / v,   u = (u + t m) / |u + t m|,   t from 1 to 0.03
/// ```
///
/// A whole step would be the power step `u = g / |g|`, the best of its pattern. Small steps follow from
/// the best points: where such a point lies on kinks, only small steps come near to it.
pub(crate) fn climb(
    batches: &mut [Ascent],
    course: Course,
    steps: usize,
    control: &Control<'_>,
    pass: &mut dyn FnMut(&mut [Ascent]),
) {
    for phase in phases(course, steps) {
        for batch in &mut *batches {
            batch.velocity.fill(0.0);
        }
        for (k, size) in phase.sizes.into_iter().enumerate() {
            pass(batches);
            for batch in &mut *batches {
                batch.keep_best();
                if phase.culls.contains(&k) {
                    batch.cull();
                }
            }
            if control.halt().is_some() {
                return;
            }
            for batch in &mut *batches {
                batch.advance(size);
            }
        }
        pass(batches);
        for batch in &mut *batches {
            batch.keep_best();
            batch.u.copy_from_slice(&batch.best);
        }
    }
}

/// A batch of ascents of `s theta'(R u)_+` over the unit sphere, each column with its sign; with
/// several outputs, of `|theta'(R u)_+|`.
pub(crate) struct Ascent {
    rank: usize,
    columns: usize,
    /// Columns whose gradients were made, step for step.
    gone_through: usize,
    signs: Vec<f32>,
    /// The output directions, where there are several outputs.
    heads: Option<Heads>,
    /// The iterates.
    pub(crate) u: Vec<f32>,
    gradient: Vec<f32>,
    velocity: Vec<f32>,
    level: Level,
    layout: Layout,
    /// The iterates and their gradients, laid out for a pass.
    packed: Vec<f32>,
    slopes: Vec<f32>,
    /// Slopes summed up over blocks of rows.
    wide: Vec<f64>,
    /// The best points met and their values.
    best: Vec<f32>,
    values: Vec<f32>,
}

impl Ascent {
    /// With one output, columns of signs; with several, signs are 1.
    pub(crate) fn new(rank: usize, outputs: usize, signs: Vec<f32>) -> Self {
        let columns = signs.len();
        let zeros = || vec![0.0; rank * columns];
        let level = Level::widest();
        let layout = Layout::new::<f32>(level, columns);
        Self {
            rank,
            columns,
            gone_through: 0,
            heads: (outputs > 1).then(|| Heads::new(outputs, &layout)),
            signs,
            u: zeros(),
            gradient: zeros(),
            velocity: zeros(),
            packed: vec![0.0; rank * layout.padded()],
            slopes: vec![0.0; rank * layout.padded()],
            wide: Vec::new(),
            level,
            layout,
            best: zeros(),
            values: vec![f32::NEG_INFINITY; columns],
        }
    }

    /// Adds the best points met by the ascents that went on to the end, their values and signs.
    pub(crate) fn end_in(&self, ends: &mut Ends) {
        ends.gone_through += self.gone_through;
        ends.points.extend_from_slice(&self.best);
        ends.values.extend_from_slice(&self.values);
        ends.signs.extend_from_slice(&self.signs);
    }

    /// `g = s R'(theta * 1[R u > 0])`; with several outputs `R'(theta a * 1[R u > 0])`, where each output
    /// direction `a` is that of the pass before.
    pub(crate) fn gradients(&mut self, data: Part<'_, f32>, theta: &[f32]) {
        let (rank, len) = (self.rank, self.rank * self.layout.padded());
        self.gone_through += self.columns;
        self.layout.pack(rank, &self.u, &mut self.packed[..len]);
        if self.heads.as_ref().is_some_and(|heads| !heads.is_ready()) {
            self.pass(data, theta);
            self.heads.as_mut().map(Heads::close);
        }
        self.pass(data, theta);
        self.heads.as_mut().map(Heads::close);
        self.layout
            .unpack(rank, &self.slopes[..len], &mut self.gradient);
        self.sign_gradients();
    }

    /// One pass over some rows, from the packed iterates to packed slopes.
    fn pass(&mut self, data: Part<'_, f32>, theta: &[f32]) {
        let (rank, len) = (self.rank, self.rank * self.layout.padded());
        let (packed, slopes) = (&self.packed[..len], &mut self.slopes[..len]);
        slopes.fill(0.0);
        if let Some(heads) = &mut self.heads {
            heads.pass(self.level, &self.layout, rank, data, theta, packed, slopes);
            return;
        }
        let pass = Climb {
            layout: &self.layout,
            rank,
            rows: data,
            theta,
            weights: packed,
            slopes,
        };
        f32::dispatch(self.level, pass);
    }

    fn sign_gradients(&mut self) {
        if self.heads.is_none() {
            for (g, sign) in self.gradient.chunks_exact_mut(self.rank).zip(&self.signs) {
                linalg_core::scale(*sign, g);
            }
        }
    }

    /// Numbers of [`Ascent::sum_up`]: the slopes, and with several outputs the sums that output directions
    /// are made of.
    pub(crate) fn sums(&self) -> usize {
        let heads = self.heads.as_ref().map_or(0, Heads::outputs);
        self.columns * (self.rank + heads)
    }

    /// What the rows of one process add to the gradients, in `f32` over so many rows at a time and in `f64`
    /// over these: what [`Ascent::take_sums`] takes, once those of all processes are added up.
    pub(crate) fn sum_up(
        &mut self,
        data: Part<'_, f32>,
        theta: &[f32],
        block: usize,
        sums: &mut [f64],
    ) {
        let (rank, len) = (self.rank, self.rank * self.layout.padded());
        self.layout.pack(rank, &self.u, &mut self.packed[..len]);
        let outputs = self.heads.as_ref().map_or(1, Heads::outputs);
        let (to_slopes, to_heads) = sums.split_at_mut(rank * self.columns);
        to_heads.fill(0.0);
        self.wide.clear();
        self.wide.resize(len, 0.0);
        for rows in tiles(0..data.len(), block) {
            let theta = &theta[rows.start * outputs..rows.end * outputs];
            self.pass(data.part(rows), theta);
            add_widened(&self.slopes[..len], &mut self.wide);
            if let Some(heads) = &self.heads {
                add_widened(&heads.sums()[..to_heads.len()], to_heads);
            }
        }
        self.layout.unpack(rank, &self.wide, to_slopes);
    }

    /// Gradients, values and output directions from sums over the rows of all processes; says whether it
    /// was the first pass, which makes output directions alone and is to be made once more.
    pub(crate) fn take_sums(&mut self, sums: &[f64]) -> bool {
        let (slopes, heads) = sums.split_at(self.rank * self.columns);
        for (g, sum) in self.gradient.iter_mut().zip(slopes) {
            *g = f32::of(*sum);
        }
        self.sign_gradients();
        let Some(own) = &mut self.heads else {
            self.gone_through += self.columns;
            return false;
        };
        let first = !own.is_ready();
        own.take_sums(heads);
        own.close();
        if !first {
            self.gone_through += self.columns;
        }
        first
    }

    fn keep_best(&mut self) {
        for j in 0..self.columns {
            let part = j * self.rank..(j + 1) * self.rank;
            let value = match &self.heads {
                Some(heads) => heads.value(j),
                None => dot(&self.u[part.clone()], &self.gradient[part.clone()]),
            };
            if value > self.values[j] {
                self.values[j] = value;
                self.best[part.clone()].copy_from_slice(&self.u[part]);
            }
        }
    }

    /// Goes on with the half of the columns whose values are best, of each sign.
    fn cull(&mut self) {
        let kept = better_half(&self.values, &self.signs);
        let rank = self.rank;
        for (to, &from) in kept.iter().enumerate() {
            for list in [
                &mut self.u,
                &mut self.gradient,
                &mut self.velocity,
                &mut self.best,
            ] {
                list.copy_within(from * rank..(from + 1) * rank, to * rank);
            }
            if let Some(heads) = &mut self.heads {
                heads.keep(to, from);
            }
            self.signs[to] = self.signs[from];
            self.values[to] = self.values[from];
        }
        self.columns = kept.len();
        for list in [
            &mut self.u,
            &mut self.gradient,
            &mut self.velocity,
            &mut self.best,
        ] {
            list.truncate(self.columns * rank);
        }
        self.signs.truncate(self.columns);
        self.values.truncate(self.columns);
        self.layout = Layout::new::<f32>(self.level, self.columns);
        if let Some(heads) = &mut self.heads {
            heads.cut(&self.layout);
        }
        self.packed.fill(0.0);
    }

    fn advance(&mut self, step: f32) {
        let rank = self.rank;
        let parts = self.u.chunks_exact_mut(rank);
        let parts = parts.zip(self.gradient.chunks_exact(rank));
        for ((u, g), m) in parts.zip(self.velocity.chunks_exact_mut(rank)) {
            let value = dot(u, g);
            let length = norm(g);
            let divisor = value.abs().max(LEAST_VALUE * length);
            if divisor <= 0.0 || !divisor.is_finite() {
                continue;
            }
            let share = GAIN / divisor;
            for ((u, g), m) in u.iter_mut().zip(g).zip(m.iter_mut()) {
                *m = MOMENTUM * *m + share * (*g - value * *u);
                *u += step * *m;
            }
            let size = norm(u);
            if size > 0.0 {
                linalg_core::scale(1.0 / size, u);
            }
        }
    }
}
