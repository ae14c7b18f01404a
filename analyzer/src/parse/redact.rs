//! A statement as it may be written down: without comments, passwords and row data.
//!
//! Constants are kept only in statements that define tables, indexes, types and sequences, where they are part of the definition; in all others
//! they become parameters. Also there, what may be a password does: in OPTIONS, behind PASSWORD and CONNECTION, and wherever a text talks of one.
//! Only tokens are looked at, so that no depth of a tree matters.

use pg_query::protobuf::Token;

/// A statement without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    pub text: String,
    /// The same for statements that differ in constants, comments, blanks and the case of words only.
    pub fingerprint: String,
}

/// The commands whose constants belong to a definition.
const KEPT: [&str; 10] = [
    "ALTER DOMAIN",
    "ALTER INDEX",
    "ALTER SEQUENCE",
    "ALTER TABLE",
    "ALTER TYPE",
    "CREATE DOMAIN",
    "CREATE INDEX",
    "CREATE SEQUENCE",
    "CREATE TABLE",
    "CREATE TYPE",
];

/// What a text constant says that holds a secret.
const SECRETS: [&str; 6] = ["password", "passwd", "pwd", "passphrase", "secret", "://"];

/// The text of a single statement that can be written down; `None` if it is not understood, or is none or several.
pub fn redact(sql: &str) -> Option<Redacted> {
    let statements = super::server_statements(sql, super::BLOCKS, &|| false).ok()?;
    let [statement] = statements.as_slice() else { return None };
    let kept = KEPT.contains(&statement.tag.as_str());
    let sql = sql.get(statement.span.clone())?;
    let tokens = pg_query::scan_tokens(sql).ok()?;
    let texts: Option<Vec<(Token, usize, usize)>> =
        tokens.iter().map(|one| Some((one.token(), usize::try_from(one.start).ok()?, usize::try_from(one.end).ok()?))).collect();
    let texts = texts?;
    let given = texts.iter().filter(|one| one.0 == Token::Param).filter_map(|one| sql.get(one.1 + 1..one.2)?.parse::<u32>().ok());
    let mut parameter = given.max().unwrap_or(0);
    let (mut text, mut hash, mut end, mut place) = (String::new(), Hash::new(), 0, Place::default());
    for (token, start, stop) in texts {
        let piece = sql.get(start..stop)?;
        text.push_str(sql.get(end..start)?);
        end = stop;
        match token {
            Token::SqlComment | Token::CComment => continue,
            Token::Sconst | Token::Usconst | Token::Bconst | Token::Xconst | Token::Iconst | Token::Fconst => {
                hash.add("?");
                if kept && !place.is_secret() && !says_secret(piece) {
                    text.push_str(piece);
                } else {
                    parameter = parameter.saturating_add(1);
                    text.push('$');
                    text.push_str(&parameter.to_string());
                }
            }
            _ => {
                hash.add(&if piece.starts_with('"') { piece.to_owned() } else { piece.to_lowercase() });
                text.push_str(piece);
            }
        }
        place.after(token);
    }
    Some(Redacted { text: text.trim().to_owned(), fingerprint: hash.hex() })
}

fn says_secret(constant: &str) -> bool {
    let lower = constant.to_lowercase();
    SECRETS.iter().any(|word| lower.contains(word))
}

/// Where in a statement a token stands, as far as secrets go.
#[derive(Default)]
struct Place {
    /// Behind PASSWORD or CONNECTION.
    named: bool,
    /// OPTIONS was the last word.
    opens: bool,
    /// How many parentheses are open since OPTIONS; 0: outside.
    options: usize,
}

impl Place {
    fn is_secret(&self) -> bool {
        self.named || self.options > 0
    }

    fn after(&mut self, token: Token) {
        match token {
            Token::Ascii40 if self.opens || self.options > 0 => self.options += 1,
            Token::Ascii41 => self.options = self.options.saturating_sub(1),
            _ => {}
        }
        self.opens = token == Token::Options;
        self.named = matches!(token, Token::Password | Token::Connection);
    }
}

/// FNV-1a, which is the same on every machine and in every version.
struct Hash(u64);

impl Hash {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, piece: &str) {
        for byte in piece.bytes().chain([b' ']) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn hex(&self) -> String {
        format!("{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::redact;

    fn text(sql: &str) -> String {
        redact(sql).map_or_else(|| "-".to_owned(), |one| one.text)
    }

    #[test]
    fn definitions_keep_their_constants() {
        for sql in [
            "ALTER TABLE users ADD COLUMN kind varchar(20) DEFAULT 'new' CHECK (kind IN ('new', 'old'))",
            "CREATE INDEX i ON users (email) WHERE state = 'open'",
            "CREATE TABLE p PARTITION OF t FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
            "ALTER TYPE mood ADD VALUE 'fine'",
            "DROP TABLE \"A\".users CASCADE",
        ] {
            assert_eq!(text(sql), sql);
        }
    }

    #[test]
    fn row_data_becomes_parameters() {
        for (sql, expected) in [
            ("UPDATE users SET email = 'a@b', v = 1.5 -- all of them", "UPDATE users SET email = $1, v = $2"),
            ("DELETE FROM t WHERE $3 = $1 OR true OR a = 7;", "DELETE FROM t WHERE $3 = $1 OR true OR a = $4"),
            ("DO $$BEGIN PERFORM dblink_connect('password=x'); END$$", "DO $1"),
            ("CREATE TABLE t AS SELECT U&'\\0061', B'1', X'F', E'\\x'", "CREATE TABLE t AS SELECT $1, $2, $3, $4"),
            ("EXPLAIN ANALYZE CREATE TABLE t AS SELECT 'x'", "EXPLAIN ANALYZE CREATE TABLE t AS SELECT $1"),
            ("INSERT INTO t VALUES ('x')", "INSERT INTO t VALUES ($1)"),
            ("COMMENT ON TABLE t IS 'of Bob'", "COMMENT ON TABLE t IS $1"),
        ] {
            assert_eq!(text(sql), expected);
        }
    }

    #[test]
    fn passwords_are_gone() {
        for sql in [
            "CREATE ROLE r PASSWORD 'hunter2'",
            "ALTER USER r WITH ENCRYPTED PASSWORD $q$hunter2$q$ VALID UNTIL '2030-01-01'",
            "CREATE SUBSCRIPTION s CONNECTION 'host=h password=hunter2' PUBLICATION p",
            "ALTER SUBSCRIPTION s CONNECTION 'host=h pass''word=hunter2'",
            "CREATE USER MAPPING FOR r SERVER s OPTIONS (user 'u', password 'hunter2')",
            "ALTER SERVER s OPTIONS (SET pw 'hunter2')",
            "ALTER TABLE ft OPTIONS (ADD a (1), SET pw 'hunter2')",
            "ALTER TABLE ft OPTIONS (SET pw /* ( */ 'hunter2')",
            "CREATE FOREIGN TABLE ft (a int OPTIONS (x 'hunter2')) SERVER s",
            "ALTER SYSTEM SET primary_conninfo = 'password=hunter2'",
            "ALTER TABLE t ADD COLUMN a text DEFAULT fetch('host=h PassWord=hunter2')",
            "ALTER TABLE t ADD COLUMN a text DEFAULT 'postgres://u:hunter2@h/d' -- hunter2",
            "ALTER TABLE t /* hunter2 /* hunter2 */ hunter2 */ ADD COLUMN a int",
        ] {
            let text = text(sql);
            assert!(!text.contains("hunter2"), "{sql}: {text}");
        }
        assert_eq!(text("CREATE ROLE r PASSWORD 'hunter2'"), "CREATE ROLE r PASSWORD $1");
        assert_eq!(text("ALTER TABLE t ADD a int DEFAULT 7, OPTIONS (SET p 'hunter2'), ADD b int DEFAULT 8"), {
            "ALTER TABLE t ADD a int DEFAULT 7, OPTIONS (SET p $1), ADD b int DEFAULT 8"
        });
    }

    #[test]
    fn what_is_not_understood_is_not_written_down() {
        for sql in ["", "ALTER ROLE r PASWORD 'x'", "SELECT 1; SELECT 2", "SELECT 'x", "\\password"] {
            assert_eq!(redact(sql), None, "{sql}");
        }
    }

    #[test]
    fn the_same_statement_has_the_same_fingerprint() {
        let print = |sql: &str| redact(sql).map(|one| one.fingerprint);
        assert_eq!(print("UPDATE users SET v = 1"), print("update Users  set v=2 /* x */;"));
        assert_ne!(print("UPDATE users SET v = 1"), print("UPDATE users SET w = 1"));
        assert_ne!(print("DROP TABLE \"A\""), print("DROP TABLE \"a\""));
        assert_eq!(print("TRUNCATE t").as_deref(), Some("4930f84e89b81e49"));
    }
}
