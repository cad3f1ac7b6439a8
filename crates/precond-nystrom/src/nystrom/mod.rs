mod block;
mod error_norm;
mod inverse;
mod rank;
mod settings;
mod sketch;
mod test_matrix;

pub use block::BlockNystrom;
pub use error_norm::approximation_error;
pub use inverse::Nystrom;
pub use rank::{AdaptiveRank, CheckedAdaptiveRank, RankReport, RankStatus};
pub use settings::{CheckedNystromSettings, NystromSettings};
pub use test_matrix::TestMatrix;
