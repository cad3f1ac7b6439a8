/// The sets, as `crate::sets::raw` names them.
pub(crate) const SETS: [&str; 6] = [
    "wine",
    "wine, 3 classes",
    "diabetes",
    "breast cancer",
    "digits",
    "fashion",
];
