//! Global training: neurons that are generated, not drawn.
//!
//! Over all neurons at once the problem is convex, in signed measures `mu` on the unit ball:
//!
//! ```text
//!     min_mu  loss(int (R u)_+ dmu(u)') + beta_sum |mu|
//! ```
//!
//! whatever the convex loss, the weights of its rows and the number of outputs. A network is optimal
//! exactly when no unit neuron has a price `|theta'(R u)_+|` above
//! `beta_sum`, where `theta` is minus the gradient of the loss at its outputs. [`train`] is a
//! conditional gradient with full correction and sliding, many neurons at a time; each of its
//! parts can be called alone:
//!
//! | part | what it does |
//! |---|---|
//! | [`search`] | looks for neurons of a high price: many ascents over the sphere |
//! | [`correct_weights`] | the best output weights of given neurons; [`correct`] is its lasso |
//! | [`merge`] | adds up neurons of one pattern and one output direction |
//! | [`slide`] | moves directions and weights together, by L-BFGS |
//! | [`thin`] | fewer neurons at nearly the same objective |
//! | [`RowProblem::search_bound`](engine::RowProblem::search_bound) | what the largest price says about the optimum |
//!
//! **Source** Bach 2017 (the measure); Boyd, Schiebinger & Recht 2017 and Denoyelle et al. 2019
//! (correction and sliding); `docs/GLOBAL.md`.

mod ascent;
mod ascent_heads;
mod ascent_steps;
mod balanced;
mod bend;
mod coarse;
mod correct;
mod course;
pub mod engine;
mod error;
mod evidence;
mod fused;
mod group_lasso;
mod host_rows;
mod images;
mod ladder;
mod local_halt;
mod merge;
mod neurons;
mod pace;
mod packed;
mod path_newton;
mod pattern;
mod pattern_bound;
mod prices;
mod problem;
mod rates;
mod row_parts;
mod row_problem;
mod rows;
mod run;
mod scales;
mod search;
mod settings;
mod sharded;
mod sharded_rows;
mod slide;
mod starts;
mod thin;
mod train;
mod trained;
mod weights;
mod work;

pub use correct::{Corrected, correct};
pub use error::GlobalError;
pub use linalg_core::{Ended, Lbfgs};
pub use merge::merge;
pub use neurons::Neurons;
pub use pattern_bound::{pattern_bound, pattern_price};
pub use prices::prices;
pub use problem::GlobalProblem;
pub use search::{Search, SearchSize, Searcher, search};
pub use settings::{CheckedGlobalSettings, GlobalSettings};
pub use slide::{Slid, slide, slide_wide};
pub use thin::{FrontierPoint, Thinned, thin, thin_to};
pub use train::train;
pub use trained::{GlobalObserver, Round, TrainSeconds, Trained};
pub use weights::correct_weights;
pub use work::Work;
