//! The tests of the command line and of the reference, in one program.

#[cfg(feature = "cli")] // runs the program
mod cli;
mod levels;
mod mistakes;
#[cfg(feature = "cli")] // runs the program
mod pages;
mod reference;
#[cfg(feature = "cli")] // runs the program
mod tutorial;
#[cfg(feature = "cli")] // runs the program
mod unchanged;
mod untouched;
mod unused;
