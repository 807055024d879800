//! A stack with room for what nests, kept from one text to the next: the pages of a new one cost more than the text.

use std::cell::RefCell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Sender, channel};
use std::thread;

/// Room for a parser that calls itself as often as it may, three times over.
const STACK: usize = 16 << 20;

type Job = Box<dyn FnOnce() + Send>;

thread_local! {
    /// Where the thread with the stack takes what it has to do; it ends with the thread that it works for.
    static JOBS: RefCell<Option<Sender<Job>>> = const { RefCell::new(None) };
}

/// Does the work there and waits for it. A panic is passed on. Fails where the machine has no room for the stack.
pub(super) fn on_large_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let (send, done) = channel();
    let job = move || {
        let _nobody_waits = send.send(catch_unwind(AssertUnwindSafe(work)));
    };
    JOBS.with_borrow_mut(|jobs| -> io::Result<()> {
        if jobs.is_none() {
            *jobs = Some(start()?);
        }
        let sent = jobs.as_ref().map(|jobs| jobs.send(Box::new(job)));
        sent.and_then(Result::ok).ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    })?;
    let outcome = done.recv().map_err(io::Error::other)?;
    Ok(outcome.unwrap_or_else(|panic| resume_unwind(panic)))
}

fn start() -> io::Result<Sender<Job>> {
    let (jobs, todo) = channel::<Job>();
    thread::Builder::new().stack_size(STACK).spawn(move || todo.into_iter().for_each(|job| job()))?;
    Ok(jobs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thread_does_all_of_it_and_outlives_a_panic() {
        let id = || on_large_stack(|| thread::current().id()).expect("there is room");
        let first = id();
        assert_ne!(first, thread::current().id());
        let panicked = catch_unwind(|| on_large_stack(|| panic!("as told")));
        assert_eq!(panicked.expect_err("it is passed on").downcast_ref(), Some(&"as told"));
        assert_eq!(id(), first);
        let other = thread::spawn(move || on_large_stack(|| thread::current().id()).expect("there is room"));
        assert_ne!(other.join().expect("it ends"), first, "another thread has one of its own");
    }
}
