//! Fragments that are taken, refused, hostile, and proofs about them.

mod accepted;
mod falsified;
mod hostile;
mod refused;

use super::{Assignments, Condition, FragmentError, FragmentErrorKind, parse_assignments, parse_condition};

fn set(text: &str) -> Assignments {
    parse_assignments(text).unwrap_or_else(|e| panic!("{text}: {e:?}"))
}

fn condition(text: &str) -> Condition {
    parse_condition(text).unwrap_or_else(|e| panic!("{text}: {e:?}"))
}

fn set_error(text: &str) -> FragmentError {
    match parse_assignments(text) {
        Ok(a) => panic!("{text}: taken as {}", a.sql()),
        Err(e) => e,
    }
}

fn condition_error(text: &str) -> FragmentError {
    match parse_condition(text) {
        Ok(c) => panic!("{text}: taken as {}", c.sql()),
        Err(e) => e,
    }
}
