//! The tests of what small projects mean, in one program; they resolve with the engines that there are.

mod budgets;
mod defaults;
mod resolving;
