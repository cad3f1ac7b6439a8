/// The weights of the three pieces of `max(xi, -xi, g)`: they sum to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Kink {
    /// Of `xi`.
    pub(super) plus: f64,
    /// Of `-xi`.
    pub(super) minus: f64,
    /// Of `g`.
    pub(super) turn: f64,
}

/// No weight of an anchor is below this: a piece may come back.
const FLOOR: f64 = 1e-6;

impl Kink {
    /// Equal weights; `g` left out unless `turning`.
    pub(super) fn even(turning: bool) -> Self {
        let turn = if turning { 1.0 / 3.0 } else { 0.0 };
        let plus = 0.5 * (1.0 - turn);
        Self {
            plus,
            minus: plus,
            turn,
        }
    }

    /// The derivative by `xi`.
    pub(super) fn tilt(self) -> f64 {
        self.plus - self.minus
    }

    /// Takes the weights of the smooth maximum `e log(sum_j w_j exp(f_j / e))` and returns its
    /// value; `w` is the anchor: with `w` the weights of the last minimum this is the method of
    /// multipliers with exponential terms, which needs no small `e`. `e = 0`: the maximum itself.
    ///
    /// **Source** Tseng & Bertsekas 1993 (the exponential multiplier method).
    pub(super) fn set(&mut self, xi: f64, g: f64, anchor: Self, e: f64) -> f64 {
        let turning = anchor.turn > 0.0;
        let top = if turning { xi.abs().max(g) } else { xi.abs() };
        if e <= 0.0 {
            let turns = turning && g > xi.abs();
            let (turn, rest) = if turns { (1.0, 0.0) } else { (0.0, 1.0) };
            let plus = 0.5 * rest * (1.0 + if xi == 0.0 { 0.0 } else { xi.signum() });
            *self = Self {
                plus,
                minus: rest - plus,
                turn,
            };
            return top;
        }
        let plus = anchor.plus * ((xi - top) / e).exp();
        let minus = anchor.minus * ((-xi - top) / e).exp();
        let turn = if turning {
            anchor.turn * ((g - top) / e).exp()
        } else {
            0.0
        };
        let sum = plus + minus + turn;
        *self = Self {
            plus: plus / sum,
            minus: minus / sum,
            turn: turn / sum,
        };
        top + e * sum.ln()
    }

    /// The same weights as an anchor; `g` stays left out unless `turning`.
    pub(super) fn anchored(self, turning: bool) -> Self {
        let floor = |w: f64| w.max(FLOOR);
        let (plus, minus) = (floor(self.plus), floor(self.minus));
        let turn = if turning { floor(self.turn) } else { 0.0 };
        let sum = plus + minus + turn;
        Self {
            plus: plus / sum,
            minus: minus / sum,
            turn: turn / sum,
        }
    }
}
