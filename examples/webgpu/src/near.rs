/// The distance of two neighbours in `f32` around 1.
const UNIT: f64 = f32::EPSILON as f64;

/// A number in `f64` beside a device's: a sum, the sum of its terms' absolute values, and how many terms.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sum {
    pub(crate) value: f64,
    pub(crate) size: f64,
    pub(crate) terms: f64,
}

impl FromIterator<f64> for Sum {
    fn from_iter<I: IntoIterator<Item = f64>>(each: I) -> Self {
        each.into_iter().fold(Self::default(), |sum, term| Self {
            value: sum.value + term,
            size: sum.size + term.abs(),
            terms: sum.terms + 1.0,
        })
    }
}

impl Sum {
    /// What `f32` may be off by: half a unit for every product and every partial sum, in whatever order.
    pub(crate) fn room(&self) -> f64 {
        self.terms * UNIT * self.size
    }
}

/// Holds numbers of a device to sums, and keeps the largest error in shares of a sum's size.
pub(crate) struct Near {
    what: &'static str,
    largest: f64,
}

impl Near {
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, largest: 0.0 }
    }

    pub(crate) fn hold(&mut self, got: f32, want: &Sum) -> Result<(), String> {
        let (off, room) = ((f64::from(got) - want.value).abs(), want.room());
        // not so for NaN either
        if off <= room {
            self.largest = self.largest.max(off / want.size.max(f64::MIN_POSITIVE));
            return Ok(());
        }
        let (what, want) = (self.what, want.value);
        Err(format!(
            "{what}: {got} for {want}, off by {off:.1e} where {room:.1e} is allowed"
        ))
    }

    /// In words.
    pub(crate) fn line(&self) -> String {
        format!("{} within {:.1e}", self.what, self.largest)
    }
}
