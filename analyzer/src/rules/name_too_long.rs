//! `name-too-long`.

use super::{Context, Report, Rule, Turn};
use crate::finding::Risk;
use crate::ir::Kind;
use crate::{parse, quote};

super::rule! {
    /// A name that is too long is cut off.
    ///
    /// **What it detects.** A name of more than 63 bytes in a statement that creates, alters or renames something.
    ///
    /// **Why.** The server cuts it with no more than a NOTICE. Two names that differ only after that are one, and programs that compare names
    /// do not find theirs.
    ///
    /// **Instead.** Give it a shorter name.
    ///
    /// **Does not fire when** all names are short enough; a name inside a function's body or a string is not looked at.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN the_day_on_which_the_user_was_last_seen_by_anybody_who_works_in_support date;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN last_seen_by_support date;
    /// ```
    ///
    /// **Known from** squawk (`identifier-too-long`).
    NameTooLong, "name-too-long", Caution
}

impl Rule for NameTooLong {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let names = match context.kind() {
            Kind::AlterTable(_)
            | Kind::AlterDomain(_)
            | Kind::CreateTable(_)
            | Kind::CreateIndex(_)
            | Kind::CreateView { .. }
            | Kind::Create(_)
            | Kind::Rename(_)
            | Kind::RenameCalled { .. } => parse::long_names(context.text()),
            Kind::Locks(_) if context.tag().starts_with("CREATE ") => parse::long_names(context.text()),
            _ => return Vec::new(),
        };
        let Some(name) = names.first() else { return Vec::new() };
        let mut end = LONGEST;
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        let cut = quote::ident(name.get(..end).unwrap_or_default());
        let report =
            context.report_on(Risk::Caution, context.main_relation().as_ref(), format!("a name of {} bytes is cut to {cut}", name.len()));
        vec![report.aside().detail(format!("Names have up to {LONGEST} bytes.")).hint("Give it a shorter name.")]
    }
}

/// NAMEDATALEN - 1.
const LONGEST: usize = 63;
