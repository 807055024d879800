//! The tests of whole platforms and real engines: one program, since linking the compiler into each of thirty took most of
//! the time and the disk. A subject is a module; `cargo xtask test -p polity-tests redis::` runs one.

#![recursion_limit = "512"] // the document that has everything, in mongodb_documents.rs, is one `json!`

mod administrator;
mod budgets;
mod catalogs;
mod configuration;
mod dependencies;
mod describe;
mod encryption;
mod engines;
mod erasure;
mod fragments;
mod hostile;
mod imports;
mod labels;
mod lengths;
mod links;
mod mongodb_anonymized;
mod mongodb_apply;
mod mongodb_catalog;
mod mongodb_documents;
mod mongodb_indexes;
mod mongodb_promote;
mod order;
mod packages;
mod patterns;
mod postgres_real;
mod quotas;
mod quotes;
mod readme;
mod redis;
mod redis_catalog;
mod redis_entries;
mod redis_keys;
mod redis_modules;
mod redis_servers;
mod redis_tls;
mod reference;
mod rust_client;
mod rust_client_alone;
mod scaffolds;
mod services;
mod services_helm;
mod services_mongodb;
mod services_redis;
mod soft_delete;
mod spotify_ai_agent;
mod templates;
mod tenancy_attacks;
mod tenant_attacks;
mod tenants;
mod trails;
mod values;
mod view_columns;
mod wording;
