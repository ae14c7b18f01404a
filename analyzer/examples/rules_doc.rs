//! Prints `docs/rules.md`; `tools/rules-doc` writes it.

fn main() {
    print!("{}", zdm_analyzer::manual());
}
