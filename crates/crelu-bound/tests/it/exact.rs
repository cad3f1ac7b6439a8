//! The exact optimum: the complete convex programme, every pattern listed, by an interior-point
//! method that shares no code with ours.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{
    DefaultSettings, DefaultSolver, IPSolver, NonnegativeConeT, SecondOrderConeT, SupportedConeT,
};
use crelu_bound::{Certificate, Control, KnownNetwork, TightSettings, tighten};
use faer::Mat;
use testkit::all_patterns;

use crate::data::Data;

/// The optimum and its residual.
pub(crate) struct Exact {
    /// `J` of the mean objective, from above up to the solver's tolerance.
    pub(crate) objective: f64,
    /// `y - f`.
    pub(crate) theta: Vec<f64>,
    /// The neurons `(u, a)`, balanced.
    pub(crate) neurons: Vec<(Vec<f64>, f64)>,
}

/// Solves the complete programme: unknowns `(t_b, v_b)` a pattern and sign, and the residual.
pub(crate) fn exact(data: &Data) -> Exact {
    let (n, rank) = (data.x.nrows(), data.x.ncols());
    let patterns = all_patterns(data.x.as_ref());
    let signs = [1.0, -1.0];
    let blocks: Vec<(f64, &Vec<bool>)> = signs
        .iter()
        .flat_map(|s| patterns.iter().map(|p| (*s, p)))
        .collect();
    let width = rank + 1;
    let first = blocks.len() * width; // the residual r = y - f follows
    let dim = first + n;
    let (mut starts, mut index, mut values) = (vec![0], Vec::new(), Vec::new());
    // rows: n equalities r + f = y; n inequalities a block; one cone a block
    let cone = n + blocks.len() * n;
    for (b, (sign, pattern)) in blocks.iter().enumerate() {
        index.push(cone + b * width);
        values.push(-1.0);
        starts.push(index.len());
        for k in 0..rank {
            for i in (0..n).filter(|&i| pattern[i]) {
                index.push(i);
                values.push(sign * data.x[(i, k)]);
            }
            for i in 0..n {
                index.push(n + b * n + i);
                values.push(if pattern[i] { -1.0 } else { 1.0 } * data.x[(i, k)]);
            }
            index.push(cone + b * width + 1 + k);
            values.push(-1.0);
            starts.push(index.len());
        }
    }
    for i in 0..n {
        index.push(i);
        values.push(1.0);
        starts.push(index.len());
    }
    let a = CscMatrix::new(cone + blocks.len() * width, dim, starts, index, values);
    let quadratic: Vec<usize> = (0..=dim).map(|j| j.saturating_sub(first)).collect();
    let p = CscMatrix::new(dim, dim, quadratic, (first..dim).collect(), vec![1.0; n]);
    let threshold = n as f64 * data.beta;
    let q: Vec<f64> = (0..dim)
        .map(|j| {
            if j < first && j % width == 0 {
                threshold
            } else {
                0.0
            }
        })
        .collect();
    let mut rhs = vec![0.0; a.m];
    rhs[..n].copy_from_slice(&data.y);
    let mut cones: Vec<SupportedConeT<f64>> = vec![
        SupportedConeT::ZeroConeT(n),
        NonnegativeConeT(blocks.len() * n),
    ];
    cones.extend(blocks.iter().map(|_| SecondOrderConeT(width)));
    let settings = DefaultSettings {
        verbose: false,
        max_threads: 1,
        tol_gap_abs: 1e-10,
        tol_gap_rel: 1e-10,
        ..DefaultSettings::default()
    };
    let mut solver = DefaultSolver::new(&p, &q, &a, &rhs, &cones, settings).unwrap();
    solver.solve();
    let x = &solver.solution.x;
    let neurons = blocks.iter().enumerate().filter_map(|(b, (sign, _))| {
        let v = &x[b * width + 1..(b + 1) * width];
        let norm = v.iter().map(|v| v * v).sum::<f64>().sqrt();
        let root = norm.sqrt();
        (norm > 1e-7).then(|| (v.iter().map(|v| v / root).collect(), sign * root))
    });
    Exact {
        objective: solver.solution.obj_val / n as f64,
        theta: x[first..].to_vec(),
        neurons: neurons.collect(),
    }
}

/// The certificate of the tight bound after so many iterations from the optimum.
pub(crate) fn tightened(data: &Data, best: &Exact, iterations: usize) -> Certificate {
    tightened_in(data, best, iterations, None)
}

/// The same in blocks of at most so many rows.
pub(crate) fn tightened_in(
    data: &Data,
    best: &Exact,
    iterations: usize,
    block_rows: Option<usize>,
) -> Certificate {
    let d = data.x.ncols();
    let hidden = Mat::from_fn(d, best.neurons.len(), |k, j| best.neurons[j].0[k]);
    let output: Vec<f64> = best.neurons.iter().map(|n| n.1).collect();
    let network = KnownNetwork {
        hidden: hidden.as_ref(),
        output: &output,
    };
    let settings = TightSettings::default()
        .max_iters(iterations)
        .block_rows(block_rows);
    let control = Control::default();
    let report = tighten(
        &data.problem(),
        Some(network),
        None,
        &settings.check().unwrap(),
        &control,
        &mut |_| true,
    );
    report.unwrap().certificate
}

/// `J` of a network.
pub(crate) fn objective(data: &Data, neurons: &[(Vec<f64>, f64)]) -> f64 {
    let n = data.x.nrows();
    let mut total = 0.0;
    for i in 0..n {
        let output = |u: &[f64]| {
            (0..u.len())
                .map(|k| data.x[(i, k)] * u[k])
                .sum::<f64>()
                .max(0.0)
        };
        let f: f64 = neurons.iter().map(|(u, a)| a * output(u)).sum();
        total += 0.5 * (data.y[i] - f).powi(2);
    }
    let norm = |u: &[f64]| u.iter().map(|v| v * v).sum::<f64>().sqrt();
    let cost: f64 = neurons.iter().map(|(u, a)| norm(u) * a.abs()).sum();
    total / n as f64 + data.beta * cost
}
