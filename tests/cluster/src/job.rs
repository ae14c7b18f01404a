//! What the tests read about a job: its row in zdm.job, and the number in a message.

use crate::session::Session;

/// The columns of zdm.job that the tests look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: i64,
    pub state: String,
    pub updated: i64,
    pub suppressed: i64,
    pub remaining: Option<i64>,
    pub batches: i64,
    pub sqlstate: Option<String>,
    pub error: Option<String>,
}

impl Job {
    /// The newest job of the database.
    pub fn newest(session: &mut Session) -> Option<Self> {
        Self::read(session, "ORDER BY id DESC LIMIT 1")
    }

    pub fn numbered(session: &mut Session, id: i64) -> Self {
        let job = Self::read(session, &format!("WHERE id = {id}"));
        job.unwrap_or_else(|| panic!("expected job {id} in zdm.job, came none"))
    }

    fn read(session: &mut Session, which: &str) -> Option<Self> {
        let rows = session.rows(&format!(
            "SELECT id, state, rows_updated, rows_suppressed, rows_remaining, batches, sqlstate, replace(error, '|', '/')
               FROM zdm.job {which}"
        ));
        let columns: Vec<&str> = rows.first()?.split('|').collect();
        let number = |i: usize| columns[i].parse::<i64>();
        let text = |i: usize| (columns[i] != "-").then(|| columns[i].to_owned());
        Some(Self {
            id: number(0).unwrap(),
            state: columns[1].to_owned(),
            updated: number(2).unwrap(),
            suppressed: number(3).unwrap(),
            remaining: number(4).ok(),
            batches: number(5).unwrap(),
            sqlstate: text(6),
            error: text(7),
        })
    }
}

/// The number behind the first "job " of a message, or behind the procedure that goes on with it.
pub fn job_number(message: &str) -> Option<i64> {
    ["job ", "zdm.run("].iter().find_map(|before| {
        let mut after = message.split(before).skip(1);
        after.find_map(|rest| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        })
    })
}

/// The percentages that a message names, as in "12.5 %" or "12.5%".
pub fn percentages(message: &str) -> Vec<f64> {
    let mut found = Vec::new();
    for (at, _) in message.match_indices('%') {
        let before = message[..at].trim_end();
        let digits = |c: char| c.is_ascii_digit() || c == '.';
        let start = before.rfind(|c| !digits(c)).map_or(0, |i| i + 1);
        found.extend(before[start..].parse::<f64>());
    }
    found
}
