use super::Programme;
use super::solve::{ProgrammeSettings, Totals, Tracker, WarmStart};
use crate::error::FitError;
use admm::Status;

pub(super) struct Rule {}
impl Rule {
    pub(super) fn new(_p: &Programme, _s: &ProgrammeSettings) -> Self {
        Self {}
    }
    pub(super) fn pays(&self, _t: &Tracker<'_>, _held: &[usize], _active: usize) -> bool {
        false
    }
}
pub(super) struct Finished {
    pub(super) status: Status,
    pub(super) warm_start: WarmStart,
}
pub(super) fn finish(
    _t: &mut Tracker<'_>,
    _totals: &mut Totals,
    start: WarmStart,
) -> Result<Finished, FitError> {
    Ok(Finished {
        status: Status::Stalled,
        warm_start: start,
    })
}
