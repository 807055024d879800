//! The platform of `dsl-examples/spotify-ai-agent` on real servers: what its policies protect stays protected there.

mod cache;
mod documents;
mod encrypted;
mod erased;
mod promoted;
mod support;
mod tenants;
