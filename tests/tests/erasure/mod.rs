//! Every place that holds something of a person is filled for two people; one is erased, and nothing is left of that one
//! and everything of the other.

mod everywhere;
mod examples;
mod offboarding;
mod papers;
mod pseudonyms;
mod rows;
mod support;
mod tenants;
mod values;
