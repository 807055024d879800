//! Choices that a random source is made of.

use std::slice::Iter;

/// A row of random numbers that is used up choice by choice. Whoever chooses after its end gets the first of what there
/// is, so that fewer and smaller numbers make a simpler source.
pub struct Draws<'n> {
    left: Iter<'n, u16>,
}

impl<'n> Draws<'n> {
    pub fn new(numbers: &'n [u16]) -> Self {
        Self { left: numbers.iter() }
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.left.next().map_or(0, |number| usize::from(*number) % n)
    }

    /// Returns `true` in one of `n` cases, and `false` at the end.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}
