use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, MatRef, Par};

use crate::neurons::Neurons;
use crate::packed::{Packed, Room};
use crate::problem::GlobalProblem;
use crate::rows::sum_over_rows;

/// What a minimisation over the output weights of given directions needs.
pub(crate) struct Gram {
    /// `H' diag(curvature) H` of the unit outputs `H = (R U)_+`, `m x m`.
    pub(crate) gram: Mat<f64>,
    /// `theta' H`, `K` numbers a neuron.
    pub(crate) along: Vec<f64>,
}

struct Part {
    gram: Mat<f64>,
    along: Mat<f64>,
    room: Room,
    scaled: Vec<f64>,
}

/// The Gram matrix of the unit outputs `(R u_i)_+`, each row with its curvature (none: 1), and their
/// products with `theta`.
///
/// **Shapes** `theta`: `K` numbers a row; `curvature`: one a row. **Cost** `2 n rank m + n m^2 +
/// 2 n K m` flops; one tile of rows and `m^2` numbers a task.
pub(crate) fn gram(
    problem: &GlobalProblem,
    neurons: &Neurons,
    theta: &[f64],
    curvature: Option<&[f64]>,
) -> Gram {
    let (n, m, k) = (problem.n_samples(), neurons.len(), problem.outputs());
    let work = problem.work();
    work.add_products(1, problem.n_all(), problem.entries(), m);
    work.add_products(1, problem.n_all(), m, m);
    let packed = Packed::of(neurons);
    let make = || Part {
        gram: Mat::zeros(m, m),
        along: Mat::zeros(k, m),
        room: packed.room(),
        scaled: Vec::new(),
    };
    let sums = sum_over_rows(
        n,
        m * (2 * problem.entries() + m),
        packed.tile_rows(),
        make,
        |part, rows| {
            let count = rows.len();
            let (images, _) = packed.open(problem.rows(rows.clone()), &mut part.room);
            let theta = &theta[rows.start * k..rows.end * k];
            let theta = MatRef::from_column_major_slice(theta, k, count);
            let sum = part.along.as_mut();
            matmul(sum, Accum::Add, theta, images.transpose(), 1.0, Par::Seq);
            let images = match curvature {
                None => images,
                Some(curvature) => {
                    part.scaled.clear();
                    for (i, c) in curvature[rows].iter().enumerate() {
                        let root = c.sqrt();
                        part.scaled.extend(images.col(i).iter().map(|h| root * h));
                    }
                    MatRef::from_column_major_slice(&part.scaled, m, count)
                }
            };
            triangular::matmul(
                part.gram.as_mut(),
                BlockStructure::TriangularLower,
                Accum::Add,
                images,
                BlockStructure::Rectangular,
                images.transpose(),
                BlockStructure::Rectangular,
                1.0,
                Par::Seq,
            );
        },
    );
    let mut gram = Mat::<f64>::zeros(m, m);
    let mut along = vec![0.0; k * m];
    for part in &sums {
        gram += &part.gram;
        for i in 0..m {
            for (to, from) in along[i * k..].iter_mut().zip(part.along.col(i).iter()) {
                *to += from;
            }
        }
    }
    if !problem.is_whole() {
        let columns: Vec<usize> = (0..m).collect();
        let lower = columns.iter().flat_map(|&j| (j..m).map(move |i| (i, j)));
        let mut all: Vec<f64> = lower.clone().map(|at| gram[at]).collect();
        all.extend_from_slice(&along);
        problem.join(&mut all);
        for (at, sum) in lower.zip(&all) {
            gram[at] = *sum;
        }
        along.copy_from_slice(&all[all.len() - k * m..]);
    }
    for j in 0..m {
        for i in 0..j {
            gram[(i, j)] = gram[(j, i)];
        }
    }
    Gram { gram, along }
}
