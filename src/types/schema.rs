//! Types, read off the JSON schemas of Rust types. The build script has this file too.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde_json::{Map, Value};

/// The type of a fact, of an expression, or of a key in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// Text.
    String,
    /// One of these words.
    Enum(Arc<[String]>),
    /// Any number of one type, in order.
    List(Arc<Type>),
    /// One type by name.
    Map(Arc<Type>),
    /// Named fields.
    Struct(Arc<Struct>),
    /// A value or null.
    Optional(Arc<Type>),
    /// A value that may be unknown; in expressions it stands for the value.
    Observed(Arc<Type>),
    /// The null literal.
    Null,
    /// Not looked into.
    Any,
}

/// The fields of a structure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Struct {
    /// Name for messages.
    pub name: String,
    /// What it is, in a sentence.
    pub doc: String,
    /// Fields by name.
    pub fields: BTreeMap<String, Field>,
    /// Fields that must be there.
    pub required: BTreeSet<String>,
    /// Type of every other key, if others are allowed.
    pub rest: Option<Type>,
}

/// One field of a structure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its type.
    pub ty: Type,
    /// What it means.
    pub doc: String,
    /// Where its value is read, `{id}`, `{pid}` and `{key}` standing for the subject's.
    pub source: Option<String>,
    /// The same for the record of an audit, where a subject's own numbers are left open, since they change.
    pub place: Option<String>,
    /// Where it is read besides, or at all when it has no other source, under `--deep` only.
    pub deep: Option<String>,
    /// The observed field of the same structure in which it really lies.
    pub via: Option<String>,
    /// Whether it is a map whose entries are collected on demand, for the keys that checks name.
    pub keyed: bool,
}

impl Type {
    /// The type that a Rust type's schema describes.
    pub fn of<T: JsonSchema>() -> Self {
        let root = schemars::schema_for!(T).to_value();
        let definitions = root.get("$defs").and_then(Value::as_object);
        Reader { definitions, named: RefCell::default() }.read(&root)
    }

    /// The type without the wrappers that say it may be unknown.
    pub fn seen(&self) -> &Self {
        match self {
            Self::Observed(inner) => inner.seen(),
            other => other,
        }
    }

    /// The type of the elements, for a list.
    pub fn element(&self) -> Option<&Self> {
        match self.seen() {
            Self::List(element) => Some(element),
            _ => None,
        }
    }

    /// The structure, for a structure.
    pub fn fields(&self) -> Option<&Arc<Struct>> {
        match self.seen() {
            Self::Struct(fields) => Some(fields),
            _ => None,
        }
    }

    /// Whether values of the two types can be told equal or different: text with text, number with number.
    pub fn comparable(&self, other: &Self) -> bool {
        use Type::{Any, Bool, Enum, Int, Null, Optional, String};
        matches!(
            (self.seen(), other.seen()),
            (Bool, Bool)
                | (Int, Int)
                | (String | Enum(_), String | Enum(_))
                | (Any, _)
                | (_, Any)
                | (Optional(_), Null)
                | (Null, Optional(_))
        )
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::String => f.write_str("string"),
            Self::Enum(words) => write!(f, "one of {}", words.join(", ")),
            Self::List(element) => write!(f, "list of {element}"),
            Self::Map(value) => write!(f, "map of {value}"),
            Self::Struct(fields) => f.write_str(&fields.name),
            Self::Optional(inner) => write!(f, "{inner} or null"),
            Self::Observed(inner) => inner.fmt(f),
            Self::Null => f.write_str("null"),
            Self::Any => f.write_str("anything"),
        }
    }
}

impl Struct {
    /// A structure without fields.
    pub(super) fn empty(name: &str) -> Self {
        let (fields, required) = (BTreeMap::new(), BTreeSet::new());
        Self { name: name.to_owned(), doc: String::new(), fields, required, rest: None }
    }
}

impl Field {
    /// A field with what its documentation and its attributes say.
    pub(super) fn new(ty: Type, doc: &str, source: Option<&str>, deep: Option<&str>, keyed: bool) -> Self {
        let open =
            |source: &str| ["{id}", "{pid}", "{engine}"].iter().fold(source.to_owned(), |s, of| s.replace(of, "…"));
        let (place, source, deep) = (source.map(open), source.map(str::to_owned), deep.map(str::to_owned));
        Self { ty, doc: doc.to_owned(), source, place, deep, via: None, keyed }
    }
}

/// Reads types off one schema document.
struct Reader<'s> {
    definitions: Option<&'s Map<String, Value>>,
    /// Definitions that were read already.
    named: RefCell<BTreeMap<String, Type>>,
}

impl Reader<'_> {
    fn read(&self, schema: &Value) -> Type {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/$defs/")) {
            return self.named(name);
        }
        if schema.get("x-observed").is_some() {
            let inner = schema.pointer("/oneOf/0/properties/value").map_or(Type::Any, |value| self.read(value));
            return Type::Observed(Arc::new(inner));
        }
        if let Some(words) = words(schema) {
            return Type::Enum(words.into());
        }
        if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
            let mut others = choices.iter().filter(|choice| choice.get("type") != Some(&Value::from("null")));
            return others.next().map_or(Type::Any, |inner| Type::Optional(Arc::new(self.read(inner))));
        }
        match schema.get("type") {
            Some(Value::String(kind)) => self.plain(kind, schema),
            Some(Value::Array(kinds)) => {
                let kind = kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("object");
                Type::Optional(Arc::new(self.plain(kind, schema)))
            }
            _ => Type::Any,
        }
    }

    /// A definition, named after itself.
    fn named(&self, name: &str) -> Type {
        if let Some(read) = self.named.borrow().get(name) {
            return read.clone();
        }
        let definition = self.definitions.and_then(|definitions| definitions.get(name));
        let ty = match definition.map(|definition| self.read(definition)) {
            Some(Type::Struct(fields)) => Type::Struct(Arc::new(Struct { name: name.to_owned(), ..(*fields).clone() })),
            Some(other) => other,
            None => Type::Any,
        };
        self.named.borrow_mut().insert(name.to_owned(), ty.clone());
        ty
    }

    fn plain(&self, kind: &str, schema: &Value) -> Type {
        match kind {
            "boolean" => Type::Bool,
            "integer" => Type::Int,
            "string" => Type::String,
            "array" => Type::List(Arc::new(schema.get("items").map_or(Type::Any, |items| self.read(items)))),
            "object" if schema.get("properties").is_some() => Type::Struct(Arc::new(self.structure(schema))),
            "object" => Type::Map(Arc::new(self.others(schema).unwrap_or(Type::Any))),
            _ => Type::Any,
        }
    }

    /// The type of keys that are not listed, if there may be any.
    fn others(&self, schema: &Value) -> Option<Type> {
        match schema.get("additionalProperties") {
            Some(Value::Bool(false)) | None => None,
            Some(Value::Bool(true)) => Some(Type::Any),
            Some(other) => Some(self.read(other)),
        }
    }

    fn structure(&self, schema: &Value) -> Struct {
        let title = schema.get("title").and_then(Value::as_str).unwrap_or("table");
        let mut result = Struct { doc: doc(schema), rest: self.others(schema), ..Struct::empty(title) };
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let ty = self.read(property);
            if let (Some(_), Some(inner)) = (property.get("x-flatten"), ty.fields()) {
                for (inner_name, field) in &inner.fields {
                    let field = Field { via: Some(name.clone()), ..field.clone() };
                    result.fields.insert(inner_name.clone(), field);
                }
                continue;
            }
            let text = |key: &str| property.get(key).and_then(Value::as_str);
            let keyed = property.get("x-keyed").is_some();
            let field = Field::new(ty, &doc(property), text("x-source"), text("x-deep"), keyed);
            result.fields.insert(name.clone(), field);
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        result.required = required.filter_map(Value::as_str).map(str::to_owned).collect();
        result
    }
}

/// The words of an enumeration, listed plainly or one schema each.
fn words(schema: &Value) -> Option<Vec<String>> {
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return Some(words.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    }
    let choices = schema.get("oneOf").and_then(Value::as_array)?;
    choices.iter().map(|choice| choice.get("const").and_then(Value::as_str).map(str::to_owned)).collect()
}

fn doc(schema: &Value) -> String {
    schema.get("description").and_then(Value::as_str).unwrap_or_default().replace('\n', " ")
}
