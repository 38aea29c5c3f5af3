//! Facts as CEL values, read only when an expression asks for them.

use std::sync::OnceLock;

use cel::ExecutionError;
use cel::common::traits::{Container, Indexer, Iterable, Iterator, Sizer};
use cel::common::types::{CelBool, CelInt, CelNull, CelString, DYN_TYPE, LIST_TYPE, MAP_TYPE, Type as CelType};
use cel::common::value::{CowVal, Val};
use serde_json::Value;

use super::node::{Node, Unseen};
use crate::types::Type;

/// The name under which CEL reports a fact that could not be read.
pub(super) const UNSEEN: &str = "unseen";
/// The same of a fact that only a running machine has, where none was looked at.
pub(super) const OFFLINE: &str = "offline";

/// A list, map or structure of the facts. Scalars become CEL's own values.
#[derive(Debug)]
struct View<'f> {
    node: Node<'f>,
    /// Elements, made when they are first iterated over.
    elements: OnceLock<Vec<Box<dyn Val + 'f>>>,
}

/// The CEL value of a fact.
pub(super) fn value<'f>(node: Node<'f>) -> Box<dyn Val + 'f> {
    match node.value {
        Value::Bool(value) => Box::new(CelBool::from(*value)),
        Value::Number(value) => Box::new(CelInt::from(value.as_i64().unwrap_or(i64::MAX))),
        Value::String(value) => Box::new(CelString::from(value.as_str())),
        Value::Null => Box::new(CelNull),
        Value::Array(_) | Value::Object(_) => Box::new(View { node, elements: OnceLock::new() }),
    }
}

/// The CEL error of a fact that could not be read.
pub(super) fn unseen(reason: Unseen) -> ExecutionError {
    let function = if reason.offline { OFFLINE } else { UNSEEN };
    ExecutionError::FunctionError { function: function.to_owned(), message: reason.words }
}

impl<'f> View<'f> {
    fn elements(&self) -> &[Box<dyn Val + 'f>] {
        self.elements.get_or_init(|| match self.node.ty {
            Type::Map(_) => self.keys().map(|key| Box::new(CelString::from(key)) as Box<dyn Val + 'f>).collect(),
            _ => self.node.elements().filter_map(Result::ok).map(value).collect(),
        })
    }

    fn keys(&self) -> impl std::iter::Iterator<Item = &'f str> + use<'f> {
        self.node.value.as_object().into_iter().flatten().map(|(key, _)| key.as_str())
    }

    fn at(&self, index: &dyn Val) -> Result<Box<dyn Val + 'f>, ExecutionError> {
        match index.downcast_ref::<CelString>() {
            Some(key) => self.node.entry(key.inner()).map(value).map_err(unseen),
            None => Err(ExecutionError::function_error("_[_]", "facts are read by name")),
        }
    }
}

impl<'f> Val for View<'f> {
    fn get_type(&self) -> &CelType {
        match self.node.value {
            Value::Array(_) => &LIST_TYPE,
            _ => &MAP_TYPE,
        }
    }

    fn cel_type() -> &'static CelType {
        &DYN_TYPE
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(View { node: self.node, elements: OnceLock::new() })
    }
}

impl Indexer for View<'_> {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.at(index).map(CowVal::Owned)
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.at(index).map(|value| value as Box<dyn Val + 'v>)
    }
}

impl Iterable for View<'_> {
    fn iter<'b, 'v>(&'b self) -> Box<dyn Iterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Elements(self.elements().iter()))
    }
}

struct Elements<'b, 'f>(std::slice::Iter<'b, Box<dyn Val + 'f>>);

impl<'b, 'v, 'f: 'v> Iterator<'b, 'v> for Elements<'b, 'f> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|element| element.as_ref() as &'b (dyn Val + 'v))
    }
}

impl Container for View<'_> {
    fn contains(&self, wanted: &dyn Val) -> Result<bool, ExecutionError> {
        // Most lists are of words, and are asked for one.
        if let (Value::Array(list), Some(wanted)) = (self.node.value, wanted.downcast_ref::<CelString>()) {
            return Ok(list.iter().any(|element| element.as_str() == Some(wanted.inner())));
        }
        Ok(self.elements().iter().any(|element| element.equals(wanted)))
    }
}

impl Sizer for View<'_> {
    fn size(&self) -> CelInt {
        let size = self.node.value.as_array().map_or_else(|| self.keys().count(), Vec::len);
        CelInt::from(i64::try_from(size).unwrap_or(i64::MAX))
    }
}

/// A root that could not be read: whatever is asked of it is unseen.
#[derive(Debug)]
pub(super) struct Absent(pub(super) Unseen);

impl Val for Absent {
    fn get_type(&self) -> &CelType {
        &DYN_TYPE
    }

    fn cel_type() -> &'static CelType {
        &DYN_TYPE
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(Self(self.0.clone()))
    }
}

impl Indexer for Absent {
    fn get<'b, 'v>(&'b self, _: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        Err(unseen(self.0.clone()))
    }

    fn steal<'v>(self: Box<Self>, _: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        Err(unseen(self.0))
    }
}
