//! A server program with folders for libraries and extensions of its own: what a test puts there or takes away concerns no other server.
//!
//! A server finds its folders by the place of its program (PostgreSQL's `make_relative_path`), so a copy of the program finds what lies around it in
//! the same way: links to all that is installed, which a test can replace one by one.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::{bindir, configured, unprivileged};

pub struct Tree {
    postgres: PathBuf,
    libraries: PathBuf,
    extensions: PathBuf,
}

impl Tree {
    /// Below `folder`.
    pub(crate) fn copy(folder: &Path) -> Self {
        let (bin, share, libraries) = (bindir().to_owned(), configured("sharedir"), configured("pkglibdir"));
        let common = common(&bin, &common(&share, &libraries));
        let new = |old: &Path| folder.join("tree").join(old.strip_prefix(&common).expect("it begins with what is common"));
        let tree = Self { postgres: new(&bin).join("postgres"), libraries: new(&libraries), extensions: new(&share).join("extension") };
        std::fs::create_dir_all(new(&bin)).expect("our own folder");
        std::fs::copy(bin.join("postgres"), &tree.postgres).expect("the server's program can be copied");
        links(&share, &new(&share));
        std::fs::remove_file(&tree.extensions).expect("a link of ours");
        links(&share.join("extension"), &tree.extensions);
        links(&libraries, &tree.libraries);
        tree
    }

    /// The program, to be run as a user who may run it. (One that finds its shared libraries by its own place finds them elsewhere now.)
    pub(crate) fn postgres(&self) -> Command {
        let mut command = unprivileged("env");
        command.arg(format!("LD_LIBRARY_PATH={}", configured("libdir").display())).arg(&self.postgres);
        command
    }

    /// Writes a control file or a script of an extension.
    pub fn write_extension(&self, file: &str, text: &str) {
        let file = self.extensions.join(file);
        // never through a link
        let _ = std::fs::remove_file(&file);
        std::fs::write(&file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }

    /// A control file or a script of an extension.
    pub fn read_extension(&self, file: &str) -> String {
        let file = self.extensions.join(file);
        std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    /// Takes a library away.
    pub fn remove_library(&self, file: &str) {
        std::fs::remove_file(self.libraries.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    }

    /// Puts a library (back) that is installed.
    pub fn restore_library(&self, file: &str) {
        symlink(configured("pkglibdir").join(file), self.libraries.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
}

/// Links in `to`, which is made, to all that is in `from`.
fn links(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("our own folder");
    for entry in std::fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())).flatten() {
        // the folder of programs may lie in that of libraries: it is there already
        let link = to.join(entry.file_name());
        if !link.exists() {
            symlink(entry.path(), &link).unwrap_or_else(|error| panic!("{}: {error}", link.display()));
        }
    }
}

/// What two paths begin with.
fn common(a: &Path, b: &Path) -> PathBuf {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}
