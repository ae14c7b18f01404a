//! `precision [--verbose] [--squawk PROGRAM]`: see bench/precision.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use zdm_cluster_tests::Cluster;
use zdm_cluster_tests::claims::{Case, FOLDER, Lab, Outcome, cases, files, long};
use zdm_cluster_tests::observe::show;
use zdm_cluster_tests::precision::{Tally, counts, heavy, warns};

/// The rules of squawk that warn of a lock held for as long as a table is read, rewritten or indexed. Those that warn of locks held for a moment
/// (dropping an index, detaching a partition, missing timeouts) are not of that kind, nor are those about the programs that use a table.
const SQUAWK_LOCKS: [&str; 13] = [
    "adding-field-with-default",
    "adding-foreign-key-constraint",
    "adding-not-nullable-field",
    "adding-serial-primary-key-field",
    "ban-alter-domain-with-add-constraint",
    "ban-create-domain-with-constraint",
    "changing-column-type",
    "constraint-missing-not-valid",
    "disallowed-unique-constraint",
    "prefer-repack",
    "prefer-text-field",
    "require-concurrent-index-creation",
    "require-concurrent-reindex",
];

/// Who is measured.
const JUDGES: [&str; 4] = ["zdm.check_ddl", "zdm.ddl_effects", "squawk, rules about long locks", "squawk, all rules"];

/// A statement: what it did, and who warned of it.
struct Measured {
    sql: String,
    /// Whether it is heavy, for each judge: a lock of a moment beside a long scan does not make it so, but `zdm.ddl_effects` tells the strongest lock,
    /// however short it is held, and whether rows are read, and not whether both are at once.
    heavy: [bool; JUDGES.len()],
    warned: [bool; JUDGES.len()],
    /// We say that it cannot be judged: no warning, and no promise.
    unknown: bool,
    notes: String,
}

fn measure(case: &Case, outcome: &Outcome) -> Option<Measured> {
    let came = outcome.came.as_ref().ok()?;
    let warned = [outcome.findings.iter().any(|row| warns(row)), outcome.said.iter().any(long), false, false];
    let notes = format!("came: {}\n    found: {}", show(came), outcome.findings.join("; "));
    let unknown = outcome.findings.iter().any(|row| row.starts_with("unknown|"));
    let lasting = heavy(outcome.lasting.as_ref().unwrap_or(came));
    Some(Measured { sql: case.sql.clone(), heavy: [lasting, heavy(came), lasting, lasting], warned, unknown, notes })
}

/// The rules of squawk that each statement offends, by number.
fn squawk(program: &str, major: i32, statements: &[Measured]) -> std::io::Result<BTreeMap<usize, BTreeSet<String>>> {
    let folder = std::env::temp_dir().join(format!("zdm-precision-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let mut files: Vec<PathBuf> = Vec::new();
    for (number, one) in statements.iter().enumerate() {
        files.push(folder.join(format!("{number}.sql")));
        std::fs::write(&files[number], format!("{};\n", one.sql.trim_end().trim_end_matches(';')))?;
    }
    let run = Command::new(program).args(["--reporter", "gcc", "--pg-version", &major.to_string()]).args(&files).output();
    std::fs::remove_dir_all(&folder)?;
    let mut found: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for line in String::from_utf8_lossy(&run?.stdout).lines() {
        // /tmp/x/12.sql:0:0: warning: adding-field-with-default Adding a ...
        let Some((place, said)) = line.split_once(": warning: ").or(line.split_once(": error: ")) else { continue };
        let number = Path::new(place.split(':').next().unwrap_or_default()).file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        if let (Some(number), Some(rule)) = (number, said.split(' ').next()) {
            found.entry(number).or_default().insert(rule.to_owned());
        }
    }
    Ok(found)
}

fn print(judge: usize, statements: &[Measured]) {
    let mut tally = Tally::default();
    statements.iter().for_each(|one| tally.count(one.heavy[judge], one.warned[judge]));
    let Tally { hits, false_alarms, misses, rightly_quiet } = tally;
    let (name, precision, recall) = (JUDGES[judge], tally.precision(), tally.recall());
    println!("| {name} | {precision:.3} | {recall:.3} | {hits} | {false_alarms} | {misses} | {rightly_quiet} |");
}

fn main() -> ExitCode {
    let (mut verbose, mut program) = (false, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--verbose" => verbose = true,
            "--squawk" => program = arguments.next(),
            _ => {
                eprintln!("usage: precision [--verbose] [--squawk PROGRAM]");
                return ExitCode::from(2);
            }
        }
    }
    let cluster = Cluster::start(&[]);
    let mut lab = Lab::new(&cluster);
    let major = lab.major();
    let all = files("matrix").into_iter().chain([Path::new(FOLDER).join("cases.sql")]).flat_map(|file| cases(&file, major));
    let all: Vec<Case> = all.filter(counts).collect();
    let mut statements: Vec<Measured> = all.iter().filter_map(|case| measure(case, &lab.run(case))).collect();
    let heavy = statements.iter().filter(|one| one.heavy[0]).count();
    println!(
        "{} statements that PostgreSQL {major} ran, {heavy} of them heavy; {} refused by it are left out\n",
        statements.len(),
        all.len() - statements.len()
    );

    let mut judges = 2;
    if let Some(program) = program {
        match squawk(&program, major, &statements) {
            Ok(found) => {
                judges = JUDGES.len();
                for (number, rules) in found {
                    statements[number].warned[2] = rules.iter().any(|rule| SQUAWK_LOCKS.contains(&rule.as_str()));
                    statements[number].warned[3] = !rules.is_empty();
                }
            }
            Err(error) => eprintln!("precision: {program}: {error}"),
        }
    }
    println!("| | precision | recall | hits | false alarms | misses | rightly quiet |\n|---|---|---|---|---|---|---|");
    (0..judges).for_each(|judge| print(judge, &statements));
    println!();
    for (judge, name) in JUDGES.iter().enumerate().take(judges) {
        for one in statements.iter().filter(|one| one.heavy[judge] != one.warned[judge]) {
            if verbose || judge < 2 {
                let verb = match (one.heavy[judge], one.unknown && judge < 2) {
                    (true, true) => "leaves open",
                    (true, false) => "misses",
                    (false, _) => "warns of",
                };
                println!("{name} {verb}: {}\n    {}", one.sql, one.notes);
            }
        }
    }
    // The bar is for us. What is said to be unknown counts as a miss above, but nobody was told that it is harmless.
    let right = |one: &Measured| (0..2).all(|judge| one.warned[judge] == one.heavy[judge]) || one.heavy[0] && one.unknown;
    if statements.iter().all(right) { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
