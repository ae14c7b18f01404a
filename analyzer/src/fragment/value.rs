//! What is known of a value without computing it.

use super::falsify::ColumnFact;

/// Whether a value is null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nullness {
    Never,
    Always,
    Maybe,
}

/// The kind of a value's type, as far as operators of `pg_catalog` are sure to be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A string constant or a bare NULL, which takes the type that is asked for.
    Literal,
    Bool,
    Number,
    Text,
    /// Another type of `pg_catalog`.
    BuiltIn,
    Unknown,
}

/// What a value is, when it is not null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Bool(bool),
    Int(i64),
    Text(String),
    /// The same as this column.
    Column(String),
    Unknown,
}

/// What is known of a value.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) null: Nullness,
    /// Certainly of no row type, where `IS NULL` looks into the fields.
    pub(super) scalar: bool,
    pub(super) kind: Kind,
    pub(super) content: Content,
}

impl Value {
    pub(super) const UNKNOWN: Self = Self { null: Nullness::Maybe, scalar: false, kind: Kind::Unknown, content: Content::Unknown };

    pub(super) const NULL: Self = Self { null: Nullness::Always, scalar: true, kind: Kind::Literal, content: Content::Unknown };

    /// A value that is not null and not of a row type.
    pub(super) fn of(kind: Kind, content: Content) -> Self {
        Self { null: Nullness::Never, scalar: true, kind, content }
    }

    /// What a column of this type holds after the value was assigned to it.
    pub(super) fn assigned_to(self, column: &ColumnFact) -> Self {
        let kept = match &self.content {
            Content::Bool(_) => column.type_name == "bool",
            Content::Int(_) => is_integer(&column.type_name),
            Content::Text(_) => column.typmod == -1 && matches!(column.type_name.as_str(), "text" | "varchar"),
            // The caller compares the types.
            Content::Column(_) => true,
            Content::Unknown => false,
        };
        Self { null: self.null, scalar: !column.row_type, kind: column.kind(), content: if kept { self.content } else { Content::Unknown } }
    }
}

pub(super) fn is_integer(type_name: &str) -> bool {
    matches!(type_name, "int2" | "int4" | "int8")
}

impl ColumnFact {
    pub(super) fn kind(&self) -> Kind {
        match self.type_name.as_str() {
            "bool" => Kind::Bool,
            "int2" | "int4" | "int8" | "numeric" | "float4" | "float8" => Kind::Number,
            "text" | "varchar" | "bpchar" => Kind::Text,
            name if self.row_type || name.contains('.') => Kind::Unknown,
            _ => Kind::BuiltIn,
        }
    }

    /// Two equal values of the type are `=`: not so for some geometric types, whose comparisons do not count NaN as equal to itself, and
    /// for types that are not known.
    pub(super) fn equals_itself(&self) -> bool {
        let geometric = ["point", "line", "lseg", "box", "path", "polygon", "circle"];
        self.kind() != Kind::Unknown && !geometric.contains(&self.type_name.as_str())
    }
}

/// A set of the truth values that an expression can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Truths(u8);

impl Truths {
    pub(super) const TRUE: Self = Self(1);
    pub(super) const FALSE: Self = Self(2);
    pub(super) const NULL: Self = Self(4);
    pub(super) const EITHER: Self = Self(3);
    pub(super) const ANY: Self = Self(7);
    const NONE: Self = Self(0);

    pub(super) fn of(b: bool) -> Self {
        if b { Self::TRUE } else { Self::FALSE }
    }

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn without_null(self) -> Self {
        Self(self.0 & Self::EITHER.0)
    }

    /// The truth values of NOT.
    pub(super) fn not(self) -> Self {
        self.map(|t| match t {
            Self::TRUE => Self::FALSE,
            Self::FALSE => Self::TRUE,
            other => other,
        })
    }

    /// The truth values of `this AND other`.
    pub(super) fn both(self, other: Self) -> Self {
        let mut result = Self::NONE;
        if self.has(Self::TRUE) && other.has(Self::TRUE) {
            result = result.or(Self::TRUE);
        }
        if self.has(Self::FALSE) || other.has(Self::FALSE) {
            result = result.or(Self::FALSE);
        }
        // Null when one is null and the other is not false.
        let not_false = Self::TRUE.or(Self::NULL);
        if (self.has(Self::NULL) && other.has(not_false)) || (other.has(Self::NULL) && self.has(not_false)) {
            result = result.or(Self::NULL);
        }
        result
    }

    /// The truth values that a function of one truth value has here.
    pub(super) fn map(self, f: impl Fn(Self) -> Self) -> Self {
        let all = [Self::TRUE, Self::FALSE, Self::NULL];
        let here = all.into_iter().filter(|t| self.has(*t));
        here.fold(Self::NONE, |sum, t| sum.or(f(t)))
    }
}

#[cfg(test)]
mod tests {
    use super::Truths;

    #[test]
    fn fragment_truths_follow_three_valued_logic() {
        let and = |a, b| match (a, b) {
            (Truths::FALSE, _) | (_, Truths::FALSE) => Truths::FALSE,
            (Truths::NULL, _) | (_, Truths::NULL) => Truths::NULL,
            _ => Truths::TRUE,
        };
        for a in 1..8 {
            for b in 1..8 {
                let (a, b) = (Truths(a), Truths(b));
                assert_eq!(a.both(b), a.map(|x| b.map(|y| and(x, y))), "{a:?} {b:?}");
            }
        }
        assert_eq!(Truths::EITHER.not(), Truths::EITHER);
        assert_eq!(Truths::TRUE.or(Truths::NULL).not(), Truths::FALSE.or(Truths::NULL));
    }
}
