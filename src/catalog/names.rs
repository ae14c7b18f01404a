//! The names of a relation's columns, for the numbers that the catalogs keep.

use zdm_analyzer::quote;

/// Column names, in the order of their numbers.
pub struct Names(pub Vec<(i16, String)>);

impl Names {
    pub fn one(&self, number: i16) -> Option<&str> {
        let at = self.0.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        self.0.get(at).map(|(_, name)| name.as_str())
    }

    /// The names of columns; what has none (an expression, a system column) is left out.
    pub fn of(&self, numbers: &[i16]) -> Vec<String> {
        numbers.iter().filter_map(|number| self.one(*number)).map(str::to_owned).collect()
    }

    /// The names of what an expression reads, where 0 stands for the whole row.
    pub fn of_expression(&self, columns: &[i16]) -> Vec<String> {
        if columns.contains(&0) { self.0.iter().map(|(_, name)| name.clone()).collect() } else { self.of(columns) }
    }

    /// Writes column names where a printed expression has `$number`. The printer doubles quotes and backslashes inside quotes, so that a quote
    /// mark always opens or closes.
    pub fn put_into(&self, text: &str) -> Option<String> {
        let mut result = String::with_capacity(text.len() + 32);
        let mut quote = None;
        let mut rest = text.char_indices().peekable();
        while let Some((_, letter)) = rest.next() {
            match (quote, letter) {
                (None, '\'' | '"') => quote = Some(letter),
                (Some(open), letter) if open == letter => quote = None,
                (None, '$') => {
                    let mut number = String::new();
                    while let Some((_, digit)) = rest.next_if(|(_, next)| next.is_ascii_digit()) {
                        number.push(digit);
                    }
                    result.push_str(&quote::ident(self.one(number.parse().ok()?)?));
                    continue;
                }
                _ => {}
            }
            result.push(letter);
        }
        Some(result)
    }
}
