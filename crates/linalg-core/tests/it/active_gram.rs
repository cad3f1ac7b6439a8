use faer::Mat;
use linalg_core::{ActiveGram, dot};
use proptest::prelude::*;
use testkit::Stream;

/// Rounding of a solve relative to `cond(G)`: a few dozen rotations in a dozen dimensions.
const SOLVE: f64 = 1e-12;

/// A change of the list of vectors.
#[derive(Debug, Clone)]
enum Change {
    /// A random vector times a power of ten.
    Append { seed: u64, power: i32 },
    /// A multiple of a vector that stands.
    Dependent { place: usize, factor: f64 },
    /// The first, the last or one between.
    Drop { place: usize },
}

fn changes() -> impl Strategy<Value = (usize, Vec<Change>)> {
    let change = prop_oneof![
        4 => (any::<u64>(), prop_oneof![Just(0), Just(-6), Just(6)])
            .prop_map(|(seed, power)| Change::Append { seed, power }),
        1 => (any::<usize>(), 0.1..10.0).prop_map(|(place, factor)| Change::Dependent { place, factor }),
        2 => prop_oneof![Just(0), Just(usize::MAX), any::<usize>()].prop_map(|place| Change::Drop { place }),
    ];
    (1usize..13, prop::collection::vec(change, 1..40))
}

fn append(gram: &mut ActiveGram, vectors: &mut Vec<Vec<f64>>, fresh: Vec<f64>) -> bool {
    let products: Vec<f64> = vectors.iter().map(|v| dot(v, &fresh)).collect();
    let taken = gram.append(&products, dot(&fresh, &fresh));
    if taken {
        vectors.push(fresh);
    }
    taken
}

/// `G x = b` for a known `x`, in the scale of each vector: `x_k |v_k|` is compared.
fn assert_solves(gram: &ActiveGram, vectors: &[Vec<f64>]) -> Result<(), TestCaseError> {
    prop_assert_eq!(gram.len(), vectors.len());
    if vectors.is_empty() {
        return Ok(());
    }
    let sizes: Vec<f64> = vectors.iter().map(|v| dot(v, v).sqrt()).collect();
    let count = vectors.len();
    // the Gram matrix of the vectors at unit length: its condition bounds what can be asked
    let unit = Mat::from_fn(count, count, |i, j| {
        dot(&vectors[i], &vectors[j]) / (sizes[i] * sizes[j])
    });
    let values = unit
        .self_adjoint_eigenvalues(faer::Side::Lower)
        .map_err(|_| TestCaseError::fail("eigenvalues"))?;
    let condition = values[count - 1] / values[0].max(1e-16);
    let known: Vec<f64> = (0..count).map(|k| (1.0 + k as f64) / sizes[k]).collect();
    let mut x: Vec<f64> = (0..count)
        .map(|i| {
            (0..count)
                .map(|j| dot(&vectors[i], &vectors[j]) * known[j])
                .sum()
        })
        .collect();
    gram.solve(&mut x);
    for k in 0..count {
        let error = (x[k] - known[k]).abs() * sizes[k];
        prop_assert!(
            error <= SOLVE * condition * count as f64,
            "entry {k}: error {error}, condition {condition}"
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(testkit::cases(115, 256))]
    #[test]
    fn active_gram_after_any_changes_solves_the_system_of_its_vectors((dim, changes) in changes()) {
        let (mut gram, mut vectors) = (ActiveGram::new(), Vec::<Vec<f64>>::new());
        for change in changes {
            match change {
                Change::Append { seed, power } => {
                    let mut stream = Stream::new(seed);
                    let fresh: Vec<f64> = (0..dim).map(|_| stream.unit() * 10f64.powi(power)).collect();
                    // more vectors than dimensions are the caller's to refuse
                    if vectors.len() < dim {
                        append(&mut gram, &mut vectors, fresh);
                    }
                }
                Change::Dependent { place, factor } => {
                    if let Some(old) = (!vectors.is_empty()).then(|| vectors[place % vectors.len()].clone()) {
                        let fresh = old.iter().map(|v| factor * v).collect();
                        prop_assert!(!append(&mut gram, &mut vectors, fresh), "a multiple was taken");
                    }
                }
                Change::Drop { place } => {
                    if !vectors.is_empty() {
                        let place = if place == usize::MAX { vectors.len() - 1 } else { place % vectors.len() };
                        gram.drop_vector(place);
                        vectors.remove(place);
                    }
                }
            }
            assert_solves(&gram, &vectors)?;
        }
    }
}

#[test]
fn active_gram_cleared_starts_anew() {
    let mut gram = ActiveGram::new();
    assert!(gram.append(&[], 4.0) && gram.append(&[1.0], 4.0));
    gram.clear();
    assert!(gram.is_empty());
    assert!(gram.append(&[], 9.0));
    let mut x = [18.0];
    gram.solve(&mut x);
    assert_eq!(x, [2.0]);
}

#[test]
fn active_gram_numbers_that_are_not_finite_are_refused_and_nothing_changes() {
    let mut gram = ActiveGram::new();
    assert!(gram.append(&[], 1.0));
    for (product, square) in [
        (f64::NAN, 1.0),
        (0.5, f64::NAN),
        (0.5, f64::INFINITY),
        (0.5, 0.0),
        (0.5, -1.0),
    ] {
        assert!(!gram.append(&[product], square), "{product}, {square}");
        assert_eq!(gram.len(), 1);
    }
    let mut x = [3.0];
    gram.solve(&mut x);
    assert_eq!(x, [3.0]);
}

#[test]
fn factor_that_is_given_is_held_as_one_of_appends() {
    let mut stream = Stream::new(21);
    let vectors: Vec<Vec<f64>> = (0..6).map(|_| stream.vector::<f64>(9)).collect();
    let inner = |i: usize, j: usize| dot(&vectors[i], &vectors[j]);
    // the factor by its definition, a row at a time
    let mut factor = vec![vec![0.0; 6]; 6];
    for k in 0..6 {
        for j in k..6 {
            let before: f64 = (0..k).map(|i| factor[i][k] * factor[i][j]).sum();
            let left = inner(k, j) - before;
            factor[k][j] = if j == k {
                left.sqrt()
            } else {
                left / factor[k][k]
            };
        }
    }
    let squares: Vec<f64> = (0..6).map(|k| inner(k, k)).collect();
    let mut gram = ActiveGram::new();
    assert!(gram.append(&[], 1.0));
    assert!(gram.replace(&squares, |row, col| factor[row][col]));
    assert_eq!(gram.len(), 6);
    assert_solves(&gram, &vectors).unwrap();
    gram.drop_vector(2);
    let mut fewer = vectors.clone();
    fewer.remove(2);
    assert_solves(&gram, &fewer).unwrap();
    // a vector of which nothing is left, or no number
    for pivot in [0.0, 1e-9 * squares[3].sqrt(), f64::NAN] {
        let cut = |row: usize, col: usize| match (row, col) {
            (3, 3) => pivot,
            _ => factor[row][col],
        };
        assert!(!gram.replace(&squares, cut));
        assert!(gram.is_empty());
    }
}
