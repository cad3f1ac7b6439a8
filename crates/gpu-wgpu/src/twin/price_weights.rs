/// The output weights of a column and its price, from `c`, an output's number after the other.
pub(crate) fn run(along: &[f32], sign: f32) -> (Vec<f32>, f32) {
    if let [along] = along {
        return (vec![sign], sign * along);
    }
    let most = along.iter().fold(0.0_f32, |most, c| most.max(c.abs()));
    let square: f32 = along.iter().map(|c| (c / most.max(1e-30)).powi(2)).sum();
    let price = most * square.sqrt();
    let weight = |c: &f32| {
        if price > 0.0 {
            c / price.max(1e-30)
        } else {
            0.0
        }
    };
    (along.iter().map(weight).collect(), price)
}
