//! A parse tree in one uniform shape, so that nothing in it can be missed.
//!
//! The parser's own types number in the hundreds. Here every one of them becomes a [`Branch`] with the name of its type and those of its
//! fields that do not hold their default; positions in the text are kept beside and do not count in a comparison. The way is their `serde`
//! implementation, so a type or a field that a new version of the parser adds takes part by itself.

use serde::ser::{self, Impossible, Serialize, SerializeSeq, SerializeStruct};
use std::fmt;

/// One value of a tree.
#[derive(Debug, PartialEq)]
pub(super) enum Tree {
    Nothing,
    Bool(bool),
    Int(i64),
    Text(String),
    List(Vec<Tree>),
    Branch(Branch),
}

/// One node of a tree.
#[derive(Debug)]
pub(super) struct Branch {
    /// The name of the parser's type, for instance `FuncCall`.
    pub(super) name: &'static str,
    /// Byte offset in the parsed text.
    pub(super) location: Option<usize>,
    pub(super) fields: Vec<(&'static str, Tree)>,
}

impl PartialEq for Branch {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.fields == other.fields
    }
}

impl Branch {
    /// A field; `None` when it holds its default.
    pub(super) fn field(&self, name: &str) -> Option<&Tree> {
        self.fields.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    /// A field that is a list.
    pub(super) fn list(&self, name: &str) -> &[Tree] {
        match self.field(name) {
            Some(Tree::List(list)) => list,
            _ => &[],
        }
    }

    /// A field that is a number or an enumeration.
    pub(super) fn int(&self, name: &str) -> i64 {
        match self.field(name) {
            Some(Tree::Int(i)) => *i,
            _ => 0,
        }
    }

    /// The field is there, or true, or not empty.
    pub(super) fn has(&self, name: &str) -> bool {
        self.field(name).is_some()
    }

    /// A field that is a list of names: its strings, `None` for what is no string.
    pub(super) fn strings(&self, name: &str) -> Vec<Option<&str>> {
        self.list(name).iter().map(Tree::string).collect()
    }
}

impl Tree {
    /// The tree of anything that the parser gave.
    pub(super) fn of<T: Serialize>(value: &T) -> Option<Self> {
        value.serialize(Builder).ok()
    }

    fn string(&self) -> Option<&str> {
        match self {
            Self::Branch(b) if b.name == "String" => match b.field("sval") {
                Some(Self::Text(s)) => Some(s),
                _ => Some(""),
            },
            _ => None,
        }
    }

    /// The smallest offset of all nodes in here.
    pub(super) fn first_location(&self) -> Option<usize> {
        match self {
            Self::List(list) => list.iter().filter_map(Self::first_location).min(),
            Self::Branch(b) => {
                let inner = b.fields.iter().filter_map(|(_, v)| v.first_location());
                inner.chain(b.location).min()
            }
            _ => None,
        }
    }

    pub(super) fn is_default(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Bool(b) => !b,
            Self::Int(i) => *i == 0,
            Self::Text(s) => s.is_empty(),
            Self::List(l) => l.is_empty(),
            Self::Branch(_) => false,
        }
    }
}

/// A field that only says where in the text something was.
fn is_location(field: &str) -> bool {
    field.ends_with("location") || matches!(field, "stmt_len" | "list_start" | "list_end" | "rexpr_list_start" | "rexpr_list_end")
}

#[derive(Debug)]
struct NotATree;

impl fmt::Display for NotATree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a parse tree")
    }
}

impl std::error::Error for NotATree {}

impl ser::Error for NotATree {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

struct Builder;
struct ListBuilder(Vec<Tree>);
struct BranchBuilder(Branch);

impl SerializeSeq for ListBuilder {
    type Ok = Tree;
    type Error = NotATree;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotATree> {
        self.0.push(value.serialize(Builder)?);
        Ok(())
    }

    fn end(self) -> Result<Tree, NotATree> {
        Ok(Tree::List(self.0))
    }
}

impl SerializeStruct for BranchBuilder {
    type Ok = Tree;
    type Error = NotATree;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), NotATree> {
        match value.serialize(Builder)? {
            Tree::Int(i) if is_location(key) => {
                if key == "location" {
                    self.0.location = usize::try_from(i).ok();
                }
            }
            v if v.is_default() => {}
            v => self.0.fields.push((key, v)),
        }
        Ok(())
    }

    fn end(self) -> Result<Tree, NotATree> {
        let mut branch = self.0;
        // `Node` is only an envelope.
        if branch.name == "Node" {
            return Ok(branch.fields.pop().map_or(Tree::Nothing, |(_, v)| v));
        }
        // Most nodes have one field or two, and there can be very many nodes.
        branch.fields.shrink_to_fit();
        Ok(Tree::Branch(branch))
    }
}

/// Methods for what does not occur in a parse tree.
macro_rules! never {
    ($($method:ident($type:ty)),*) => {
        $(fn $method(self, _: $type) -> Result<Tree, NotATree> { Err(NotATree) })*
    };
}

impl ser::Serializer for Builder {
    type Ok = Tree;
    type Error = NotATree;
    type SerializeSeq = ListBuilder;
    type SerializeTuple = Impossible<Tree, NotATree>;
    type SerializeTupleStruct = Impossible<Tree, NotATree>;
    type SerializeTupleVariant = Impossible<Tree, NotATree>;
    type SerializeMap = Impossible<Tree, NotATree>;
    type SerializeStruct = BranchBuilder;
    type SerializeStructVariant = Impossible<Tree, NotATree>;

    never!(serialize_f32(f32), serialize_f64(f64), serialize_char(char), serialize_bytes(&[u8]));
    never!(serialize_unit_struct(&'static str));

    fn serialize_bool(self, v: bool) -> Result<Tree, NotATree> {
        Ok(Tree::Bool(v))
    }
    fn serialize_i8(self, v: i8) -> Result<Tree, NotATree> {
        Ok(Tree::Int(v.into()))
    }
    fn serialize_i16(self, v: i16) -> Result<Tree, NotATree> {
        Ok(Tree::Int(v.into()))
    }
    fn serialize_i32(self, v: i32) -> Result<Tree, NotATree> {
        Ok(Tree::Int(v.into()))
    }
    fn serialize_i64(self, v: i64) -> Result<Tree, NotATree> {
        Ok(Tree::Int(v))
    }
    fn serialize_u8(self, v: u8) -> Result<Tree, NotATree> {
        Ok(Tree::Int(v.into()))
    }
    fn serialize_u16(self, v: u16) -> Result<Tree, NotATree> {
        Ok(Tree::Int(v.into()))
    }
    fn serialize_u32(self, v: u32) -> Result<Tree, NotATree> {
        Ok(Tree::Int(v.into()))
    }
    fn serialize_u64(self, v: u64) -> Result<Tree, NotATree> {
        i64::try_from(v).map(Tree::Int).map_err(|_| NotATree)
    }
    fn serialize_str(self, v: &str) -> Result<Tree, NotATree> {
        Ok(Tree::Text(v.to_owned()))
    }
    fn serialize_none(self) -> Result<Tree, NotATree> {
        Ok(Tree::Nothing)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Tree, NotATree> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<Tree, NotATree> {
        Ok(Tree::Nothing)
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Tree, NotATree> {
        Ok(Tree::Text(variant.to_owned()))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Tree, NotATree> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<Tree, NotATree> {
        value.serialize(self)
    }
    fn serialize_seq(self, len: Option<usize>) -> Result<ListBuilder, NotATree> {
        Ok(ListBuilder(Vec::with_capacity(len.unwrap_or(0))))
    }
    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, NotATree> {
        Err(NotATree)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, NotATree> {
        Err(NotATree)
    }
    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self::SerializeTupleVariant, NotATree> {
        Err(NotATree)
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, NotATree> {
        Err(NotATree)
    }
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<BranchBuilder, NotATree> {
        Ok(BranchBuilder(Branch { name, location: None, fields: Vec::new() }))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, NotATree> {
        Err(NotATree)
    }
}
