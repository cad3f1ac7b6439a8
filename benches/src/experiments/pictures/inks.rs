/// Inks that are told apart in print and by the colour-blind (Okabe & Ito).
pub(crate) const INKS: [&str; 9] = [
    "#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#888888",
    "#7a5230",
];

/// Of every method and preconditioner, the same ink in all pictures.
pub(super) fn ink(name: &str) -> &'static str {
    let of = |part: &str| name.contains(part);
    let place = if of("auto") || of("1/rho") {
        7
    } else if of("gram") || of("block +") {
        5
    } else if of("nystrom kernel") {
        8
    } else if of("cholesky") || of("none") {
        0
    } else if of("rbcd") || of("rho for 1") {
        4
    } else if of("jacobi") {
        2
    } else if of("nystrom") {
        3
    } else if of("block") {
        6
    } else {
        1
    };
    INKS[place]
}
