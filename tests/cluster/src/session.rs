//! A session: one connection, the notices it got, and commands that run in the background while other sessions watch.

use std::cell::Cell;
use std::io::Write as _;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use postgres::error::{DbError, SqlState};
use postgres::types::{FromSqlOwned, ToSql};
use postgres::{CancelToken, Client, Config, Error, NoTls, SimpleQueryMessage};

/// A command that has not come back after this time hangs: fail rather than wait for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// A NOTICE, WARNING or INFO as it came.
#[derive(Clone, Debug)]
pub struct Notice {
    pub severity: String,
    pub message: String,
    pub detail: String,
    pub hint: String,
    pub at: Instant,
}

type Notices = Arc<Mutex<Vec<Notice>>>;

pub struct Session {
    client: Client,
    pub pid: i32,
    notices: Notices,
}

impl Session {
    /// Connects; the error is for those who wait for a server.
    pub(crate) fn connect(config: &Config) -> Result<Self, Error> {
        let notices = Notices::default();
        let to = notices.clone();
        let mut config = config.clone();
        config.notice_callback(move |notice| {
            to.lock().unwrap().push(Notice {
                severity: notice.severity().to_owned(),
                message: notice.message().to_owned(),
                detail: notice.detail().unwrap_or_default().to_owned(),
                hint: notice.hint().unwrap_or_default().to_owned(),
                at: Instant::now(),
            });
        });
        let mut client = config.connect(NoTls)?;
        let pid = client.query_one("SELECT pg_catalog.pg_backend_pid()", &[])?.get(0);
        Ok(Self { client, pid, notices })
    }

    /// Runs SQL by the simple protocol.
    pub fn attempt(&mut self, sql: &str) -> Result<(), Error> {
        self.client.batch_execute(sql)
    }

    /// Runs a `COPY ... FROM stdin` with its rows.
    pub fn attempt_copy(&mut self, sql: &str, rows: &str) -> Result<(), Error> {
        let mut writer = self.client.copy_in(sql)?;
        if let Err(error) = writer.write_all(rows.as_bytes()) {
            panic!("{sql}: {error}");
        }
        writer.finish().map(|_| ())
    }

    /// Runs a `COPY ... TO stdout`.
    pub fn attempt_copy_out(&mut self, sql: &str) -> Result<(), Error> {
        let mut rows = Vec::new();
        let mut reader = self.client.copy_out(sql)?;
        // what is wrong is told by the next command, if not here
        let _ = std::io::Read::read_to_end(&mut reader, &mut rows);
        Ok(())
    }

    /// Whether the connection is gone.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Runs one statement by the extended protocol (parse, bind, execute).
    pub fn attempt_extended(&mut self, sql: &str) -> Result<(), Error> {
        self.attempt_bound(sql, &[])
    }

    /// The same without a name for the statement.
    pub fn attempt_unnamed(&mut self, sql: &str) -> Result<(), Error> {
        self.client.query_typed(sql, &[]).map(|_| ())
    }

    /// Prepares a statement once, and executes it until it has worked, three times at most (in a transaction, from its savepoint `attempt`).
    pub fn attempt_prepared(&mut self, sql: &str) -> Result<(), Error> {
        let statement = self.client.prepare(sql)?;
        let mut result = Ok(());
        for _ in 0..3 {
            result = self.client.execute(&statement, &[]).map(|_| ());
            if result.is_ok() || self.client.batch_execute("ROLLBACK TO attempt").is_err() {
                break;
            }
        }
        result
    }

    /// The same with parameters.
    pub fn attempt_bound(&mut self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<(), Error> {
        self.client.execute(sql, parameters).map(|_| ())
    }

    /// Runs SQL that must succeed.
    pub fn run(&mut self, sql: &str) {
        if let Err(error) = self.attempt(sql) {
            panic!("{sql}\nexpected success, came: {}", describe(&error));
        }
    }

    /// The one value a query gives.
    pub fn value<T: FromSqlOwned>(&mut self, sql: &str) -> T {
        match self.client.query_one(sql, &[]) {
            Ok(row) => row.get(0),
            Err(error) => panic!("{sql}\nexpected one value, came: {}", describe(&error)),
        }
    }

    /// A query's rows as text: columns by `|`, NULL as `-`.
    pub fn rows(&mut self, sql: &str) -> Vec<String> {
        match self.try_rows(sql) {
            Ok(rows) => rows,
            Err(error) => panic!("{sql}\nexpected rows, came: {}", describe(&error)),
        }
    }

    /// The same for a query that may fail.
    pub fn try_rows(&mut self, sql: &str) -> Result<Vec<String>, Error> {
        let mut rows = Vec::new();
        for message in self.client.simple_query(sql)? {
            if let SimpleQueryMessage::Row(row) = message {
                let columns: Vec<&str> = (0..row.len()).map(|i| row.get(i).unwrap_or("-")).collect();
                rows.push(columns.join("|"));
            }
        }
        Ok(rows)
    }

    /// Fails with expected and came unless the query gives exactly these rows (see [`Session::rows`]).
    #[track_caller]
    pub fn expect(&mut self, sql: &str, expected: &[&str]) {
        let came = self.rows(sql);
        assert!(came == expected, "{sql}\nexpected: {expected:?}\n    came: {came:?}\n notices: {:#?}", self.texts());
    }

    pub fn notices(&self) -> Vec<Notice> {
        self.notices.lock().unwrap().clone()
    }

    /// The notices' main lines.
    pub fn texts(&self) -> Vec<String> {
        let of = |n: Notice| format!("{}: {}", n.severity, n.message);
        self.notices().into_iter().map(of).collect()
    }

    pub fn forget_notices(&mut self) {
        self.notices.lock().unwrap().clear();
    }

    /// Runs SQL (simple protocol) in a thread of its own.
    pub fn background(mut self, sql: &str) -> Running {
        let sql = sql.to_owned();
        let (sender, receiver) = channel();
        let running = Running {
            pid: self.pid,
            sql: sql.clone(),
            cancel: self.client.cancel_token(),
            notices: self.notices.clone(),
            receiver,
            outcome: None,
            canceled: Cell::new(false),
        };
        std::thread::spawn(move || {
            let result = self.attempt(&sql);
            let end = Instant::now();
            // The receiver is gone when the test has failed already.
            let _ = sender.send((self, result, end));
        });
        running
    }
}

type Outcome = (Session, Result<(), Error>, Instant);

/// SQL that runs in the background.
pub struct Running {
    pub pid: i32,
    sql: String,
    cancel: CancelToken,
    notices: Notices,
    receiver: Receiver<Outcome>,
    outcome: Option<Outcome>,
    canceled: Cell<bool>,
}

impl Running {
    /// The result, when it has ended.
    pub fn end(&mut self) -> Option<&Result<(), Error>> {
        if self.outcome.is_none() {
            self.outcome = self.receiver.try_recv().ok();
        }
        self.outcome.as_ref().map(|(_, result, _)| result)
    }

    /// What a user's Ctrl-C does.
    pub fn cancel(&self) {
        self.canceled.set(true);
        // A connection is refused while the postmaster's queue is full of others.
        let mut sent = self.cancel.cancel_query(NoTls);
        for _ in 0..100 {
            if sent.is_ok() {
                break;
            }
            sleep(Duration::from_millis(10));
            sent = self.cancel.cancel_query(NoTls);
        }
        sent.unwrap_or_else(|e| panic!("cancel of {}: {e}", self.sql));
    }

    pub fn notices(&self) -> Vec<Notice> {
        self.notices.lock().unwrap().clone()
    }

    /// Waits for the end: the session, the result, and when it ended.
    pub fn outcome(mut self) -> Outcome {
        let mut outcome = self.outcome.take().unwrap_or_else(|| match self.receiver.recv_timeout(PATIENCE) {
            Ok(outcome) => outcome,
            Err(RecvTimeoutError::Timeout) => panic!("{} has not ended after {PATIENCE:?}", self.sql),
            Err(RecvTimeoutError::Disconnected) => panic!("{}: its thread died", self.sql),
        });
        if self.canceled.get() {
            // The server sends the signal of a cancel twice (to the process and to its group); the second one may hit the next command.
            sleep(Duration::from_millis(20));
            let _ = outcome.0.attempt("SELECT 1");
        }
        outcome
    }

    /// Waits for a successful end.
    pub fn success(self) -> Session {
        let sql = self.sql.clone();
        let (session, result, _) = self.outcome();
        if let Err(error) = result {
            panic!("{sql}\nexpected success, came: {}", describe(&error));
        }
        session
    }

    /// Waits for the end that a cancel brings.
    pub fn canceled(self) -> Session {
        let (session, result, _) = self.outcome();
        refused(result, SqlState::QUERY_CANCELED.code());
        session
    }
}

/// Takes the error with this SQLSTATE out of a result; anything else fails the test.
#[track_caller]
pub fn refused(result: Result<(), Error>, sqlstate: &str) -> DbError {
    match result {
        Ok(()) => panic!("expected an error with SQLSTATE {sqlstate}, came success"),
        Err(error) => match error.as_db_error() {
            Some(db) if db.code().code() == sqlstate => db.clone(),
            _ => panic!("expected SQLSTATE {sqlstate}, came: {}", describe(&error)),
        },
    }
}

/// The session was ended from outside. What the server says of it (57P01 to 57P05) does not always reach the client.
#[track_caller]
pub fn cut_off(result: Result<(), Error>) {
    let cut = result.as_ref().is_err_and(|error| error.code().is_none_or(|code| code.code().starts_with("57P0")));
    assert!(cut, "expected the session to be cut off, came: {result:?}");
}

fn describe(error: &Error) -> String {
    match error.as_db_error() {
        None => error.to_string(),
        Some(db) => format!(
            "{} {}\n  DETAIL: {}\n  HINT: {}\n  CONTEXT: {}",
            db.code().code(),
            db.message(),
            db.detail().unwrap_or("-"),
            db.hint().unwrap_or("-"),
            db.where_().unwrap_or("-")
        ),
    }
}
