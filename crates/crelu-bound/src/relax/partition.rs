use faer::{Accum, Mat, MatRef};
use linalg_core::product;

/// Cuts the rows (columns of `directions`, `rank x m`) into blocks of at most `most`, neighbours
/// together: halves along the first principal direction, again and again.
///
/// Every list ascends; lists next to each other are neighbours. **Cost** `2 m rank^2` flops a level.
pub(super) fn partition(directions: MatRef<'_, f64>, most: usize) -> Vec<Vec<usize>> {
    let mut done = Vec::new();
    let mut open = vec![(0..directions.ncols()).collect::<Vec<usize>>()];
    while let Some(mut rows) = open.pop() {
        if rows.len() <= most.max(1) {
            rows.sort_unstable();
            done.push(rows);
            continue;
        }
        let position = principal(directions, &rows);
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by(|&i, &j| position[i].total_cmp(&position[j]).then(i.cmp(&j)));
        let half = rows.len() / 2;
        open.push(order[half..].iter().map(|&k| rows[k]).collect());
        open.push(order[..half].iter().map(|&k| rows[k]).collect());
    }
    done
}

/// Steps of the power iteration: which of two nearly equal directions is taken does not matter.
const STEPS: usize = 60;

/// The rows' coordinates along the first principal direction of their scatter.
fn principal(directions: MatRef<'_, f64>, rows: &[usize]) -> Vec<f64> {
    let (rank, m) = (directions.nrows(), rows.len());
    #[expect(clippy::cast_precision_loss, reason = "a row count far below 2^53")]
    let mean: Vec<f64> = (0..rank)
        .map(|k| rows.iter().map(|&i| directions[(k, i)]).sum::<f64>() / m as f64)
        .collect();
    let centred = Mat::from_fn(rank, m, |k, i| directions[(k, rows[i])] - mean[k]);
    let mut scatter = Mat::zeros(rank, rank);
    let data = centred.as_ref();
    product(
        scatter.as_mut(),
        Accum::Replace,
        data,
        data.transpose(),
        1.0,
    );
    let heaviest = (0..rank).max_by(|&i, &j| scatter[(i, i)].total_cmp(&scatter[(j, j)]));
    let mut axis = scatter.col(heaviest.unwrap_or(0)).to_owned();
    for _ in 0..STEPS {
        let size = axis.norm_l2();
        let is_direction = size > 0.0; // not so for NaN
        if !is_direction {
            break; // rows all alike
        }
        axis = &scatter * &axis * faer::Scale(1.0 / size);
    }
    let along = data.transpose() * &axis;
    (0..m).map(|i| along[i]).collect()
}
