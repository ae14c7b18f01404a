//! `replay [--each] [--refused] PATH...`: see tools/replay.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use zdm_cluster_tests::Cluster;
use zdm_cluster_tests::history::files;
use zdm_cluster_tests::replay::{Count, replay};

/// For histories of a thousand tables: see `apart`.
const ROOM: &[&str] = &["max_prepared_transactions = 3000"];

fn main() -> ExitCode {
    let (options, paths): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let each = options.iter().any(|option| option == "--each");
    let refusals = options.iter().any(|option| option == "--refused");
    if paths.is_empty() || options.iter().any(|option| !["--each", "--refused"].contains(&option.as_str())) {
        eprintln!("usage: replay [--each] [--refused] PATH...");
        return ExitCode::from(2);
    }
    if let Some(missing) = paths.iter().find(|path| !Path::new(path).exists()) {
        eprintln!("replay: {missing}: no such file or folder");
        return ExitCode::from(2);
    }
    // A set of files is a history: they share a database.
    let mut sets: Vec<(String, Vec<PathBuf>)> = Vec::new();
    for path in &paths {
        let found = files(Path::new(path));
        match each {
            true => sets.extend(found.into_iter().map(|file| (file.display().to_string(), vec![file]))),
            false => sets.push((path.clone(), found)),
        }
    }
    let mut total = Count::default();
    let mut cluster = Cluster::start(ROOM);
    for (number, (name, files)) in sets.iter().enumerate() {
        if number > 0 && number % 100 == 0 {
            // Databases are not dropped; a new server now and then keeps them few.
            cluster = Cluster::start(ROOM);
        }
        let count = replay(&cluster, &format!("replay_{number}"), files);
        count.notes.iter().for_each(|note| println!("{note}"));
        count.refusals.iter().filter(|_| refusals).for_each(|refusal| println!("refused: {refusal}"));
        println!("{name}: {}", count.summary());
        total.add(&count);
    }
    if sets.len() > 1 {
        println!("all: {}", total.summary());
    }
    if total.wrong == 0 && total.false_danger == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
