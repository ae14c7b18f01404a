//! The walk by key: `last < key <= bound`, where `bound` is the key of the n-th row after `last`.
//!
//! Ranges of a total order partition the rows, whatever moves on disk: each row of the frozen range is in exactly one batch, and the position after the
//! batch is committed with it. So `v = v + 1` without a WHERE is right, too.

use super::{Statements, Step, Walker};
use crate::backfill::settings::canonical;
use crate::backfill::target::{Key, Part};
use crate::error::{Error, sqlstate};
use crate::spi::{Arg, Connection, Outcome, Plan};
use pgrx::pg_sys;
use std::time::{Duration, Instant};

/// Where few rows match, several ranges share a transaction, for about this long.
const LONG_ENOUGH: Duration = Duration::from_millis(200);

/// A walk over one table.
pub struct KeyWalk<'a> {
    connection: &'a Connection,
    key: &'a Key,
    statements: Statements,
    upper: Option<&'a [String]>,
    before_trigger: bool,
    position: Option<Vec<String>>,
    from_start: Option<Prepared>,
    from_position: Option<Prepared>,
}

/// The statements with or without a lower bound.
struct Prepared {
    bound: Plan,
    update: Plan,
    count: Option<Plan>,
}

impl<'a> KeyWalk<'a> {
    pub fn new(connection: &'a Connection, part: &'a Part, key: &'a Key, statements: Statements, position: Option<Vec<String>>) -> Self {
        Self {
            connection,
            key,
            statements,
            upper: part.upper.as_deref(),
            before_trigger: part.before_trigger,
            position,
            from_start: None,
            from_position: None,
        }
    }

    fn types(&self) -> Vec<pg_sys::Oid> {
        self.key.columns.iter().map(|column| column.type_oid).collect()
    }

    fn arguments(&self, values: &[String]) -> Vec<Arg> {
        canonical(|| self.key.columns.iter().zip(values).map(|(column, value)| Arg::parse(column.type_oid, value)).collect())
    }

    /// `(a, b) <operator> ($first, ...)`.
    fn comparison(&self, operator: &str, first: usize) -> String {
        let columns: Vec<_> = self.key.columns.iter().map(|column| self.statements.column(&column.name)).collect();
        let parameters: Vec<_> = (first..first + columns.len()).map(|number| format!("${number}")).collect();
        format!("({}) {operator} ({})", columns.join(", "), parameters.join(", "))
    }

    /// The range after the position (if there is one) up to a bound.
    fn range(&self, with_lower: bool) -> String {
        let width = self.key.columns.len();
        let upper = self.comparison(&self.key.at_most, if with_lower { width + 1 } else { 1 });
        if with_lower { format!("{} AND {upper}", self.comparison(&self.key.greater, 1)) } else { upper }
    }

    fn prepare(&self, with_lower: bool) -> Result<Prepared, Error> {
        let range = self.range(with_lower);
        let mut types = self.types();
        if with_lower {
            types.extend(self.types());
        }
        let columns: Vec<_> = self.key.columns.iter().map(|column| self.statements.column(&column.name)).collect();
        let columns = columns.join(", ");
        let order = self.key.ascending(|name| self.statements.column(name));
        let bound =
            format!("SELECT {columns} FROM {} WHERE {range} ORDER BY {order} OFFSET ${} LIMIT 1", self.statements.from, types.len() + 1);
        let mut bound_types = types.clone();
        bound_types.push(pg_sys::INT8OID);
        Ok(Prepared {
            bound: self.connection.prepare(&bound, &bound_types)?,
            update: self.connection.prepare(&self.update(&range), &types)?,
            count: self.before_trigger.then(|| self.connection.prepare(&self.statements.count_locked(&range), &types)).transpose()?,
        })
    }

    /// The UPDATE. Where a BEFORE trigger could change the key it also counts the rows that left the range: they would be met again, or never.
    fn update(&self, range: &str) -> String {
        let update = self.statements.update(range);
        if !self.before_trigger {
            return update;
        }
        format!(
            "WITH \"zdm changed\" AS ({update} RETURNING ({range}) AS inside) \
             SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE inside IS NOT TRUE) FROM \"zdm changed\""
        )
    }

    /// How many rows the UPDATE changed.
    fn updated(&self, outcome: &Outcome) -> Result<i64, Error> {
        if !self.before_trigger {
            return Ok(outcome.processed);
        }
        let row = outcome.only()?;
        match row.int8(1) {
            0 => Ok(row.int8(0)),
            moved => Err(Error::new(
                sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!("a trigger changed the key of {}", crate::text::count(moved, "row")),
            )
            .detail("The job walks by the key; such a row would be met again, or not at all. The batch was rolled back.")
            .hint("Look at the table's BEFORE UPDATE triggers: while the job runs the key must stay as it is.")),
        }
    }

    /// One range: its last key, whether it was the last range, and what was done.
    fn one_range(&self, prepared: &Prepared, lower: Option<&[String]>, upper: &[String], rows: i64) -> Result<(Vec<String>, Step), Error> {
        let both = |bound: &[String]| {
            let mut arguments = lower.map(|lower| self.arguments(lower)).unwrap_or_default();
            arguments.extend(self.arguments(bound));
            arguments
        };
        let found = canonical(|| {
            self.connection.execute(&prepared.bound, || {
                let mut arguments = both(upper);
                arguments.push(Arg::int8(rows - 1));
                arguments
            })
        })?;
        let bound = found.rows.into_iter().next().map(|row| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>());
        let passed = if bound.is_some() { rows } else { 0 };
        let finished = bound.as_deref().is_none_or(|bound| bound == upper);
        let bound = bound.unwrap_or_else(|| upper.to_vec());
        let selected = match &prepared.count {
            None => None,
            Some(count) => Some(self.connection.execute(count, || both(&bound))?.only()?.int8(0)),
        };
        let updated = self.updated(&self.connection.execute(&prepared.update, || both(&bound))?)?;
        let suppressed = selected.map_or(0, |selected| (selected - updated).max(0));
        Ok((bound.clone(), Step { updated, suppressed, passed, position: bound, finished }))
    }
}

impl Walker for KeyWalk<'_> {
    fn step(&mut self, batch: i64) -> Result<Step, Error> {
        let mut total = Step { updated: 0, suppressed: 0, passed: 0, position: self.position.clone().unwrap_or_default(), finished: true };
        let Some(upper) = self.upper else { return Ok(total) };
        if self.position.is_none() && self.from_start.is_none() {
            self.from_start = Some(self.prepare(false)?);
        }
        let started = Instant::now();
        let mut lower = self.position.clone();
        loop {
            if lower.is_some() && self.from_position.is_none() {
                self.from_position = Some(self.prepare(true)?);
            }
            let prepared = if lower.is_some() { &self.from_position } else { &self.from_start };
            let Some(prepared) = prepared else { return Ok(total) };
            let (bound, step) = self.one_range(prepared, lower.as_deref(), upper, batch - total.updated)?;
            total.updated += step.updated;
            total.suppressed += step.suppressed;
            total.passed += step.passed;
            total.finished = step.finished;
            total.position = step.position;
            if step.finished || total.updated >= batch || started.elapsed() >= LONG_ENOUGH {
                return Ok(total);
            }
            lower = Some(bound);
        }
    }

    fn accept(&mut self, step: &Step) {
        self.position = Some(step.position.clone());
    }

    fn mind_triggers(&mut self) {
        if !self.before_trigger {
            (self.before_trigger, self.from_start, self.from_position) = (true, None, None);
        }
    }
}

/// The largest key now; `None` when there is no row.
pub fn upper_bound(connection: &Connection, part: &Part, key: &Key) -> Result<Option<Vec<String>>, Error> {
    let columns: Vec<_> = key.columns.iter().map(|column| crate::text::quote(&column.name)).collect();
    let order = key.descending(crate::text::quote);
    let sql = format!("SELECT {} FROM ONLY {} ORDER BY {order} LIMIT 1", columns.join(", "), part.name);
    let found = canonical(|| connection.query(&sql, &[]))?;
    Ok(found.rows.into_iter().next().map(|row| row.into_iter().map(Option::unwrap_or_default).collect()))
}

/// Counts the rows that match, a range at a time, each with a snapshot of its own.
pub fn count_remaining(
    connection: &Connection,
    key: &Key,
    statements: &Statements,
    position: Option<&[String]>,
    rows: i64,
) -> Result<(i64, Option<Vec<String>>), Error> {
    let columns: Vec<_> = key.columns.iter().map(|column| statements.column(&column.name)).collect();
    let columns = columns.join(", ");
    let width = key.columns.len();
    let list = |first: usize| (first..first + width).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ");
    let types: Vec<_> = key.columns.iter().map(|column| column.type_oid).collect();
    let parse = |values: &[String]| -> Vec<Arg> {
        canonical(|| key.columns.iter().zip(values).map(|(column, value)| Arg::parse(column.type_oid, value)).collect())
    };
    let after = match position {
        Some(_) => format!("({columns}) {} ({})", key.greater, list(1)),
        None => "true".to_owned(),
    };
    let order = key.ascending(|name| statements.column(name));
    let sql = format!("SELECT {columns} FROM {} WHERE {after} ORDER BY {order} OFFSET {} LIMIT 1", statements.from, rows - 1);
    let lower_types = if position.is_some() { types.clone() } else { Vec::new() };
    let plan = connection.prepare(&sql, &lower_types)?;
    let found = canonical(|| connection.execute(&plan, || position.map(parse).unwrap_or_default()))?;
    let bound: Option<Vec<String>> = found.rows.into_iter().next().map(|row| row.into_iter().map(Option::unwrap_or_default).collect());
    let range = match &bound {
        Some(_) => format!("{after} AND ({columns}) {} ({})", key.at_most, list(lower_types.len() + 1)),
        None => after,
    };
    let mut range_types = lower_types;
    if bound.is_some() {
        range_types.extend(types);
    }
    let plan = connection.prepare(&statements.count(&range), &range_types)?;
    let counted = connection.execute(&plan, || {
        let mut arguments = position.map(parse).unwrap_or_default();
        arguments.extend(bound.as_deref().map(parse).unwrap_or_default());
        arguments
    })?;
    Ok((counted.only()?.int8(0), bound))
}
