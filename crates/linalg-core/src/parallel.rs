/// Calls `work(index, item)` on every item, on all threads of the pool where the `parallel`
/// feature is on. The items are independent, so the result does not depend on the threads.
pub fn for_each_mut<I: Send>(items: &mut [I], work: impl Fn(usize, &mut I) + Sync + Send) {
    #[cfg(feature = "parallel")]
    if items.len() > 1 {
        use rayon::prelude::*;
        items
            .par_iter_mut()
            .enumerate()
            .with_max_len(1)
            .for_each(|(i, item)| work(i, item));
        return;
    }
    for (i, item) in items.iter_mut().enumerate() {
        work(i, item);
    }
}

/// Calls `work(index)` for every index below `count`, as [`for_each_mut`] does.
pub fn for_each_index(count: usize, work: impl Fn(usize) + Sync + Send) {
    #[cfg(feature = "parallel")]
    if count > 1 {
        use rayon::prelude::*;
        (0..count).into_par_iter().with_max_len(1).for_each(work);
        return;
    }
    for i in 0..count {
        work(i);
    }
}

/// Does `work` on a thread of the pool, where the `parallel` feature is on: a chain of many short
/// parallel loops then hands its parts to the other threads without waking one for each loop.
pub fn in_pool<A: Send>(work: impl FnOnce() -> A + Send) -> A {
    #[cfg(feature = "parallel")]
    {
        rayon::scope(|_| work())
    }
    #[cfg(not(feature = "parallel"))]
    {
        work()
    }
}
