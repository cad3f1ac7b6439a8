//! Global training: neurons that are generated, not drawn.
//!
//! Over all neurons at once the problem is convex, in signed measures `mu` on the unit ball:
//!
//! ```text
//!     min_mu  loss(sum_u mu(u) (R u)_+, y) + beta_sum |mu|
//! ```
//!
//! A network is optimal exactly when no unit neuron has a price `|theta'(R u)_+|` above
//! `beta_sum`, where `theta` is minus the gradient of the loss at its outputs. [`train`] is a
//! conditional gradient with full correction and sliding, many neurons at a time; each of its
//! parts can be called alone:
//!
//! | part | what it does |
//! |---|---|
//! | [`search`] | looks for neurons of a high price: many ascents over the sphere |
//! | [`correct`] | the exact weighted lasso over the weights of given neurons |
//! | [`merge`] | adds up neurons of one sign and one pattern |
//! | [`slide`] | moves directions and weights together, by L-BFGS |
//! | [`thin`] | fewer neurons at nearly the same objective |
//! | [`search_bound`] | what the largest price says about the optimum |
//!
//! **Source** Bach 2017 (the measure); Boyd, Schiebinger & Recht 2017 and Denoyelle et al. 2019
//! (correction and sliding); `docs/GLOBAL.md`.

mod ascent;
mod balanced;
mod bounds;
mod correct;
mod course;
mod evidence;
mod fused;
mod ladder;
mod merge;
mod neurons;
mod own_programme;
mod packed;
mod pattern;
mod price;
mod problem;
mod rows;
mod settings;
mod slide;
mod starts;
mod thin;
mod train;
mod work;

pub use bounds::search_bound;
pub use correct::{Corrected, correct, correct_weights};
pub use linalg_core::{Ended, Lbfgs};
pub use merge::merge;
pub use neurons::Neurons;
pub use own_programme::{OwnProgramme, own_programme};
pub use price::{Search, SearchSize, Searcher, prices, search};
pub use problem::GlobalProblem;
pub use settings::GlobalSettings;
pub use slide::{Slid, slide, slide_wide};
pub use thin::{FrontierPoint, Thinned, thin, thin_to};
pub use train::{GlobalObserver, Round, TrainSeconds, Trained, train};
pub use work::Work;
