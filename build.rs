//! Compiles the C shim (`src/shim/*.c`) against the headers of the server that the crate is built for.
//!
//! The shim holds the few frames that Rust cannot be: those an ERROR passes through untouched. `PGRX_PG_CONFIG_PATH` names the server's
//! `pg_config`; the Makefile sets it, and pgrx reads the same variable.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=PGRX_PG_CONFIG_PATH");
    println!("cargo:rerun-if-changed=src/shim");
    // pgrx keeps the SQL of the functions in a section that the linker would drop as unused.
    println!("cargo:rustc-cdylib-link-arg=-Wl,--no-gc-sections");
    let pg_config = match std::env::var("PGRX_PG_CONFIG_PATH") {
        Ok(path) => path,
        Err(_) => panic!("PGRX_PG_CONFIG_PATH is not set: build with `make`, or point it at the server's pg_config"),
    };
    let include =
        Command::new(&pg_config).arg("--includedir-server").output().unwrap_or_else(|error| panic!("cannot run {pg_config}: {error}"));
    let include = String::from_utf8_lossy(&include.stdout).trim().to_owned();
    assert!(Path::new(&include).join("postgres.h").exists(), "{include} holds no server headers: install the server's -dev package");

    let mut sources: Vec<_> = std::fs::read_dir("src/shim")
        .expect("src/shim is part of the source tree")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .collect();
    sources.sort();
    cc::Build::new()
        .files(sources)
        .include(include)
        .flag("-std=gnu11")
        .flag("-fno-strict-aliasing")
        .flag("-fwrapv")
        .flag("-Wno-unused-parameter")
        .flag("-Wno-sign-compare")
        .compile("zdm_shim");
}
