//! A folder of migrations as its tool would run it: which files, in which order, and which part of each.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

/// The .sql files below a path, in the order of their versions; a file is its own. Those that take others back are left out.
pub fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = std::fs::read_dir(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut entries: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    let names: Vec<String> = entries.iter().map(|entry| name(entry)).collect();
    entries.retain(|entry| !takes_back(&name(entry), &names));
    entries.sort_by(|one, other| by_version(&name(one), &name(other)));
    let below = entries.into_iter().filter(|one| one.is_dir() || one.extension().is_some_and(|end| end == "sql"));
    below.flat_map(|one| files(&one)).collect()
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// `x.down.sql` next to `x.up.sql`, `down.sql` next to `up.sql`, and `U1__x.sql` of Flyway next to a `V1__`.
fn takes_back(name: &str, names: &[String]) -> bool {
    let up = name.strip_suffix("down.sql").map(|start| format!("{start}up.sql"));
    let version = name.strip_prefix('U').and_then(|rest| rest.split_once("__")).map(|(version, _)| format!("V{version}__"));
    up.is_some_and(|up| names.contains(&up)) || version.is_some_and(|version| names.iter().any(|name| name.starts_with(&version)))
}

/// By name, but numbers by their value, and what Flyway repeats (`R__`) at the end.
fn by_version(one: &str, other: &str) -> Ordering {
    let key = |name: &str| (name.starts_with("R__"), pieces(name));
    key(one).cmp(&key(other)).then_with(|| one.cmp(other))
}

/// Numbers, and what stands between them. Flyway's two underscores end a version, and so come before the one inside of it.
fn pieces(name: &str) -> Vec<(u128, String)> {
    let mut out: Vec<(u128, String)> = Vec::new();
    let mut digits = String::new();
    for c in name.replace("__", "\u{1}").chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() || out.is_empty() {
            // a name of more digits than that has no order of its own
            out.push((std::mem::take(&mut digits).parse().unwrap_or(u128::MAX), String::new()));
        }
        out.last_mut().expect("one was pushed").1.push(c);
    }
    out
}

/// Lines with which the part begins that takes back what the file does: of goose, sql-migrate, dbmate, node-pg-migrate, MyBatis.
const DOWN: &[&str] = &["+goose down", "+migrate down", "migrate:down", "down migration", "//@undo"];
const UP: &[&str] = &["+goose up", "+migrate up", "migrate:up", "up migration"];

/// The text without the parts that take it back; its lines keep their numbers.
pub fn upwards(text: &str) -> String {
    let mut down = false;
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let remark = line.trim().strip_prefix("--").map(|rest| rest.trim().to_lowercase()).unwrap_or_default();
        let begins = |marks: &[&str]| marks.iter().any(|mark| remark.starts_with(mark));
        down = if begins(DOWN) { true } else { down && !begins(UP) };
        match down {
            true => out.extend(line.ends_with('\n').then_some('\n')),
            false => out.push_str(line),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{by_version, takes_back, upwards};

    #[test]
    fn versions_are_numbers() {
        let mut names = ["V10__b.sql", "R__views.sql", "V2__a.sql", "V1_1__c.sql", "V1__d.sql", "V1.10__f.sql", "V1.2__e.sql"];
        names.sort_by(|one, other| by_version(one, other));
        assert_eq!(names, ["V1__d.sql", "V1.2__e.sql", "V1.10__f.sql", "V1_1__c.sql", "V2__a.sql", "V10__b.sql", "R__views.sql"]);
        let mut names = ["100_c.up.sql", "1_a.up.sql", "20_b.up.sql"];
        names.sort_by(|one, other| by_version(one, other));
        assert_eq!(names, ["1_a.up.sql", "20_b.up.sql", "100_c.up.sql"]);
    }

    #[test]
    fn what_takes_back_is_left_out() {
        let names = ["up.sql", "1_a.up.sql", "V1__a.sql", "x-up.sql"].map(str::to_owned);
        for name in ["down.sql", "1_a.down.sql", "U1__a.sql", "x-down.sql"] {
            assert!(takes_back(name, &names), "{name}");
        }
        for name in ["up.sql", "2_b.down.sql", "U2__b.sql", "shutdown.sql", "markdown.sql"] {
            assert!(!takes_back(name, &names), "{name}");
        }
    }

    #[test]
    fn the_part_downwards_is_left_out() {
        let goose = "-- +goose Up\nCREATE TABLE t ();\n\n-- +goose Down\n-- +goose StatementBegin\nDROP TABLE t;\n";
        assert_eq!(upwards(goose), "-- +goose Up\nCREATE TABLE t ();\n\n\n\n\n");
        let dbmate = "-- migrate:down\nDROP TABLE t;\n-- migrate:up\nSELECT 1;";
        assert_eq!(upwards(dbmate), "\n\n-- migrate:up\nSELECT 1;");
        let plain = "-- goes down\nSELECT 1;\r\n";
        assert_eq!(upwards(plain), plain);
    }
}
