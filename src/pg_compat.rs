//! All differences between the supported PostgreSQL versions that the Rust code sees. (Those of the C shim are in `src/shim/compat.h`.)

/// Whether the server's grammar is the one that the parser was made of (libpg_query 18).
pub const IS_PARSERS_GRAMMAR: bool = cfg!(feature = "pg18");
