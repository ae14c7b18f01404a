//! All differences between the supported PostgreSQL versions that the Rust code sees. (Those of the C shim are in `src/shim/compat.h`.)
