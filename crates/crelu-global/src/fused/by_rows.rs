/// Calls a function of `R` rows and `V` registers for all rows: the unit's number of rows at a time,
/// the rest one by one; rows `B` that share nothing all one by one.
macro_rules! by_rows {
    ($unit:ident, $vectors:expr, $rows:expr, $call:ident ( $($argument:expr),* )) => {{
        let whole = match B::IN_BLOCKS {
            true => $rows / U::ROWS * U::ROWS,
            false => 0,
        };
        // a constant of the type: nothing of the blocks is compiled where there are none
        if B::IN_BLOCKS {
            for first in (0..whole).step_by(U::ROWS) {
                match (U::ROWS, $vectors) {
                    (8, 1) => $call::<T, U, _, 8, 1>($unit, first, $($argument),*),
                    (8, 2) => $call::<T, U, _, 8, 2>($unit, first, $($argument),*),
                    (8, _) => $call::<T, U, _, 8, 3>($unit, first, $($argument),*),
                    (_, 1) => $call::<T, U, _, 4, 1>($unit, first, $($argument),*),
                    (_, 2) => $call::<T, U, _, 4, 2>($unit, first, $($argument),*),
                    (_, _) => $call::<T, U, _, 4, 3>($unit, first, $($argument),*),
                }
            }
        }
        for first in whole..$rows {
            match $vectors {
                1 => $call::<T, U, _, 1, 1>($unit, first, $($argument),*),
                2 => $call::<T, U, _, 1, 2>($unit, first, $($argument),*),
                _ => $call::<T, U, _, 1, 3>($unit, first, $($argument),*),
            }
        }
    }};
}

pub(super) use by_rows;
