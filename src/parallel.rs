//! Independent work on the machine's cores.

use std::num::NonZero;
use std::thread;

/// The least number of items for which another thread is worth its start.
const WORTH_IT: usize = 8;
/// The most threads: an auditor leaves the machine to those who work on it.
const MOST: usize = 4;

/// Maps every item, in order. A thread that dies takes its panic to the caller.
pub(crate) fn map<T: Sync, U: Send>(items: &[T], function: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get).min(MOST);
    let threads = cores.min(items.len() / WORTH_IT).max(1);
    if threads == 1 {
        return items.iter().map(function).collect();
    }
    let (size, function) = (items.len().div_ceil(threads), &function);
    thread::scope(|scope| {
        let parts: Vec<_> =
            items.chunks(size).map(|part| scope.spawn(move || part.iter().map(function).collect::<Vec<U>>())).collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}
