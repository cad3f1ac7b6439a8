use std::collections::HashMap;

use crelu_core::Subject;
use faer::{Accum, Mat, MatRef};
use linalg_core::{Masks, for_each_mut, product};

use crate::error::ProgrammeError;

/// Distinct activation patterns and a gate vector for each: `D_i = diag(1[X g_i >= 0])`.
#[derive(Debug, Clone)]
pub struct Patterns {
    /// `d x n_patterns`, for the preprocessed features.
    pub gates: Mat<f64>,
    /// `n_samples x n_patterns`.
    pub masks: Masks,
}

impl Patterns {
    /// The distinct patterns of the gates given, in their order; a pattern that sees no row is
    /// left out.
    ///
    /// **Shapes** `features`: `d x n_samples`; `gates`: `d x k`.
    ///
    /// # Errors
    /// [`ProgrammeError::Shape`] when the sizes do not fit, [`ProgrammeError::NotFinite`] for NaN and
    /// infinities, [`ProgrammeError::NoPattern`] if every pattern is empty.
    pub fn from_gates(
        features: MatRef<'_, f64>,
        gates: MatRef<'_, f64>,
    ) -> Result<Self, ProgrammeError> {
        if gates.nrows() != features.nrows() {
            return Err(ProgrammeError::Shape {
                what: Subject::GateRows,
                want: features.nrows(),
                got: gates.nrows(),
            });
        }
        if (0..gates.ncols()).any(|j| (0..gates.nrows()).any(|i| !gates[(i, j)].is_finite())) {
            return Err(ProgrammeError::NotFinite {
                what: Subject::Gates,
            });
        }
        let mut set = PatternSet::new(features.ncols());
        set.add(features, gates, usize::MAX);
        set.into_patterns(features.nrows())
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.masks.n_blocks()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Patterns gathered so far, each once.
pub(super) struct PatternSet {
    n_samples: usize,
    bytes: Vec<u8>,
    gates: Vec<f64>,
    seen: HashMap<u64, Vec<usize>>,
    count: usize,
}

impl PatternSet {
    pub(super) fn new(n_samples: usize) -> Self {
        Self {
            n_samples,
            bytes: Vec::new(),
            gates: Vec::new(),
            seen: HashMap::new(),
            count: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Adds the patterns of `gates` that are new and not empty, until there are `most`.
    pub(super) fn add(&mut self, features: MatRef<'_, f64>, gates: MatRef<'_, f64>, most: usize) {
        let n = self.n_samples;
        let mut images = Mat::<f64>::zeros(n, gates.ncols());
        product(
            images.as_mut(),
            Accum::Replace,
            features.transpose(),
            gates,
            1.0,
        );
        let mut columns: Vec<Column> = vec![Column::default(); gates.ncols()];
        for_each_mut(&mut columns, |j, column| {
            *column = Column::of((0..n).map(|i| images[(i, j)] >= 0.0));
        });
        for (j, column) in columns.into_iter().enumerate() {
            if self.count >= most {
                return;
            }
            let Column { bytes, key } = column;
            let same = |&k: &usize| self.bytes[k * n..(k + 1) * n] == *bytes;
            let known = self
                .seen
                .get(&key)
                .is_some_and(|list| list.iter().any(same));
            if known || bytes.iter().all(|&b| b == 0) {
                continue;
            }
            self.bytes.extend(bytes);
            self.seen.entry(key).or_default().push(self.count);
            self.gates.extend((0..gates.nrows()).map(|i| gates[(i, j)]));
            self.count += 1;
        }
    }

    pub(super) fn into_patterns(self, width: usize) -> Result<Patterns, ProgrammeError> {
        if self.count == 0 {
            return Err(ProgrammeError::NoPattern);
        }
        let gates = MatRef::from_column_major_slice(&self.gates, width, self.count).to_owned();
        Ok(Patterns {
            gates,
            masks: Masks::from_columns(self.n_samples, self.bytes)?,
        })
    }
}

/// A pattern and its hash.
#[derive(Clone, Default)]
struct Column {
    bytes: Vec<u8>,
    key: u64,
}

impl Column {
    fn of(bits: impl Iterator<Item = bool>) -> Self {
        let bytes: Vec<u8> = bits.map(u8::from).collect();
        let key = hash(&bytes);
        Self { bytes, key }
    }
}

/// FNV-1a over words of eight rows.
fn hash(column: &[u8]) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for rows in column.chunks(8) {
        let word = rows
            .iter()
            .fold(0_u64, |word, &bit| (word << 1) | u64::from(bit));
        state = (state ^ word).wrapping_mul(0x0000_0100_0000_01b3);
    }
    state
}
