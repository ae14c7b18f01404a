//! Lines and columns of what findings speak of, found in one pass over the text.

use std::ops::Range;

use crate::finding::Finding;

/// Line and column, both from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// Where the findings of a text are.
pub struct Places<'a> {
    text: &'a str,
    /// By byte.
    positions: Vec<(usize, Position)>,
    /// The byte at which each line begins.
    lines: Vec<usize>,
}

impl<'a> Places<'a> {
    pub fn new(text: &'a str, findings: &[Finding]) -> Self {
        let mut wanted: Vec<usize> = findings.iter().flat_map(|finding| [finding.place.start, finding.place.end]).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut wanted = wanted.into_iter().peekable();
        let mut positions = Vec::new();
        let mut lines = vec![0];
        let mut here = Position { line: 1, column: 1 };
        for (at, letter) in text.char_indices().chain([(text.len(), '\0')]) {
            while wanted.next_if(|next| *next <= at).is_some_and(|found| {
                positions.push((found, here));
                true
            }) {}
            if letter == '\n' {
                lines.push(at + 1);
                here = Position { line: here.line + 1, column: 1 };
            } else {
                here.column += 1;
            }
        }
        Self { text, positions, lines }
    }

    /// Where a finding begins and ends; the end is the position behind its last character.
    pub fn of(&self, finding: &Finding) -> (Position, Position) {
        (self.at(finding.place.start), self.at(finding.place.end))
    }

    fn at(&self, byte: usize) -> Position {
        let found = self.positions.binary_search_by_key(&byte, |(at, _)| *at).ok().and_then(|index| self.positions.get(index));
        found.map_or(Position { line: 1, column: 1 }, |(_, position)| *position)
    }

    /// The text of a finding.
    pub fn text(&self, finding: &Finding) -> &'a str {
        self.text.get(finding.place.clone()).unwrap_or_default()
    }

    /// The lines that a finding touches, each with its number and the bytes of it that belong to the finding.
    pub fn lines(&self, finding: &Finding) -> impl Iterator<Item = (usize, &'a str, Range<usize>)> {
        let place = finding.place.clone();
        let first = self.at(place.start).line;
        (first..).map_while(move |number| {
            let start = *self.lines.get(number - 1)?;
            let end = self.lines.get(number).map_or(self.text.len(), |next| next - 1);
            let line = self.text.get(start..end)?.trim_end_matches('\r');
            let inside = place.start.max(start)..place.end.min(start + line.len());
            (inside.start < inside.end || (start < place.end && place.start < start)).then(|| {
                let from = inside.start.min(start + line.len()) - start;
                (number, line, from..inside.end.saturating_sub(start).max(from))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;
    use crate::testing::examples;

    #[test]
    fn columns_count_characters() {
        let text = "-- ü\n/* ü */ DROP\n  TABLE codes; SELECT 1";
        let findings = check(text, &examples());
        let places = Places::new(text, &findings);
        let position = |line, column| Position { line, column };
        let found: Vec<_> = findings.iter().map(|finding| places.of(finding)).collect();
        assert_eq!(found, [(position(2, 9), position(3, 14)), (position(3, 16), position(3, 24))]);
        let lines: Vec<_> = places.lines(&findings[0]).map(|(number, line, range)| (number, &line[range])).collect();
        assert_eq!(lines, [(2, "DROP"), (3, "  TABLE codes")]);
    }
}
