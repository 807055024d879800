//! Work that falls into independent pieces, shared among the cores of the machine.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// `work` of each item, in the order of the items, however the cores share them. A panic of `work` is passed on.
pub fn on_all<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get).min(items.len());
    if cores <= 1 {
        return items.iter().map(work).collect();
    }
    // Items differ in size, so each core takes the next one when it is done with its last.
    let next = AtomicUsize::new(0);
    let share = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            done.push((at, work(item)));
        }
    };
    let mut results = thread::scope(|scope| {
        let others: Vec<_> = (1..cores).map(|_| scope.spawn(share)).collect();
        let mut results = share();
        for other in others {
            results.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        results
    });
    results.sort_unstable_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        for n in [0, 1, 2, 1000] {
            let items: Vec<usize> = (0..n).collect();
            let uneven = |n: &usize| (0..(n % 7) * 1000).fold(*n, |n, _| std::hint::black_box(n));
            assert_eq!(on_all(&items, uneven), items);
        }
    }

    #[test]
    fn a_panic_comes_through() {
        let outcome = std::panic::catch_unwind(|| on_all(&[1, 2, 3], |n| assert_ne!(*n, 3, "the third")));
        assert!(outcome.is_err());
    }
}
