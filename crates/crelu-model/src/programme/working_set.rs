use super::Programme;
use super::choose::Choice;
use super::solve::{ProgrammeSettings, Solution, Tracker, WarmStart};
use crate::error::FitError;
pub(super) fn pays(_p: &Programme, _s: &ProgrammeSettings, _c: &Choice) -> bool {
    false
}
pub(super) fn solve(
    _t: &mut Tracker<'_>,
    _c: &mut Choice,
    _w: Option<&WarmStart>,
) -> Result<Solution, FitError> {
    Err(FitError::NoPattern)
}
