//! Labels through SQL: by the table of queries in `queries.sql`, what the compiler says each column carries, and whether
//! PostgreSQL shows nothing else in it.

mod carried;
mod catalogue;
mod random;
mod read;
mod rows;
mod shown;
mod table;
