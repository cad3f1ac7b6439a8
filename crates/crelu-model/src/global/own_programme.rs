use linalg_core::{Control, Masks};

use super::neurons::Neurons;
use super::problem::GlobalProblem;
use crate::error::FitError;
use crate::programme::{
    self, Activation, Certificate, FeasiblePoint, Multipliers, Programme, ProgrammeSettings,
    Solution,
};

/// What the convex programme over a network's own patterns says of it.
#[derive(Debug)]
pub struct OwnProgramme {
    /// The programme: a pattern for each distinct one of the network.
    pub programme: Programme,
    /// Its best feasible point known: the network itself, or a better one.
    pub point: FeasiblePoint,
    /// A lower bound on its optimum, in sum scaling.
    pub bound: f64,
    /// The run that improved on the first bound, if there was one.
    pub solution: Option<Solution>,
}

/// The programme over the patterns of `neurons`, solved to `settings` (its tolerance and most
/// iterations keep it cheap). Before the run the network is its feasible point, and its residual
/// the dual point; so there is an answer when `control` has halted.
///
/// None if there is no neuron.
///
/// # Errors
/// [`FitError`] where the programme cannot be made.
pub fn own_programme(
    problem: &GlobalProblem,
    neurons: &Neurons,
    settings: &ProgrammeSettings,
    control: &Control<'_>,
) -> Result<Option<OwnProgramme>, FitError> {
    let n = problem.n_samples();
    if neurons.is_empty() {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(n * neurons.len());
    let mut images = vec![0.0; n];
    for i in 0..neurons.len() {
        let mut one = Neurons::none(neurons.rank());
        one.push(neurons.direction(i), 1.0, 1.0);
        one.images(problem.data(), &mut images);
        bytes.extend(images.iter().map(|h| u8::from(*h >= 0.0)));
    }
    let programme = Programme::new(
        problem.data().to_owned(),
        Masks::from_columns(n, bytes)?,
        neurons.directions().to_owned(),
        problem.target().to_vec(),
        problem.beta_sum(),
        Activation::Relu,
    )?;
    let (rank, m) = (neurons.rank(), neurons.len());
    let mut v = vec![0.0; rank * programme.n_blocks()];
    let blocks = neurons.blocks();
    for i in 0..m {
        let block = if neurons.signs()[i] > 0.0 { i } else { m + i };
        for k in 0..rank {
            v[block * rank + k] = blocks[(k, i)];
        }
    }
    let point = FeasiblePoint::from_point(&programme, &v);
    let theta = problem.theta(&point.fitted);
    let none = Multipliers::none(programme.n_blocks());
    let bound = Certificate::evaluate(&programme, theta, none).bound;
    let mut out = OwnProgramme {
        programme,
        point,
        bound,
        solution: None,
    };
    if control.halt().is_none() && settings.max_iters > 0 {
        out.solve(settings, control)?;
    }
    Ok(Some(out))
}

impl OwnProgramme {
    fn solve(
        &mut self,
        settings: &ProgrammeSettings,
        control: &Control<'_>,
    ) -> Result<(), FitError> {
        let gap = programme::relative_gap(self.point.objective, self.bound);
        if gap <= settings.tol {
            return Ok(());
        }
        let solution = programme::solve(&self.programme, settings, control, None, &mut ())?;
        if solution.point.objective < self.point.objective {
            self.point = solution.point.clone();
        }
        self.bound = self.bound.max(solution.certificate.bound);
        self.solution = Some(solution);
        Ok(())
    }
}
