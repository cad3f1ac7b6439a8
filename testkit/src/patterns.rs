use faer::MatRef;

/// Every activation pattern `1[X u > 0]` of rows in general position, in one, two or three
/// dimensions: each cell of the arrangement touches a ray where `rank - 1` of the hyperplanes
/// `x_i'u = 0` meet, and the signs of those rows are free there.
///
/// # Panics
/// In more than three dimensions.
#[must_use]
pub fn all_patterns(x: MatRef<'_, f64>) -> Vec<Vec<bool>> {
    let (n, rank) = (x.nrows(), x.ncols());
    assert!(rank <= 3, "rays of up to three dimensions");
    let row = |j: usize| -> Vec<f64> { (0..rank).map(|k| x[(j, k)]).collect() };
    let mut rays: Vec<(Vec<f64>, Vec<usize>)> = Vec::new();
    match rank {
        1 => rays.push((vec![1.0], vec![])),
        2 => rays.extend((0..n).map(|j| (vec![-row(j)[1], row(j)[0]], vec![j]))),
        _ => {
            for j in 0..n {
                for i in 0..j {
                    let (a, b) = (row(i), row(j));
                    let ray = vec![
                        a[1] * b[2] - a[2] * b[1],
                        a[2] * b[0] - a[0] * b[2],
                        a[0] * b[1] - a[1] * b[0],
                    ];
                    rays.push((ray, vec![i, j]));
                }
            }
        }
    }
    let mut patterns = Vec::new();
    for (ray, free) in rays {
        for sign in [1.0, -1.0] {
            for choice in 0..1_usize << free.len() {
                let pattern: Vec<bool> = (0..n)
                    .map(|j| match free.iter().position(|f| *f == j) {
                        Some(k) => choice >> k & 1 == 1,
                        None => {
                            sign * ray.iter().zip(row(j)).map(|(u, x)| u * x).sum::<f64>() > 0.0
                        }
                    })
                    .collect();
                patterns.push(pattern);
            }
        }
    }
    patterns.sort();
    patterns.dedup();
    patterns
}

#[cfg(test)]
mod tests {
    use super::*;
    use faer::Mat;

    #[test]
    fn patterns_are_as_many_as_the_cells_of_the_arrangement() {
        // n planes through the origin in general position: 2, 2 n, and n (n - 1) + 2 cells
        let mut stream = crate::Stream::new(3);
        for (rank, n, cells) in [(1, 5, 2), (2, 6, 12), (3, 5, 22)] {
            let x: Mat<f64> = stream.matrix(n, rank);
            assert_eq!(all_patterns(x.as_ref()).len(), cells, "rank {rank}");
        }
    }
}
