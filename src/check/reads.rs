//! The facts that an expression reads.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use cel::common::ast::IdedExpr;

/// The way from a root to a fact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Path(pub(crate) Vec<Step>);

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// A root or a field.
    Field(String),
    /// An entry of a map.
    Key(String),
}

/// A fact that an expression reads.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    /// Which.
    pub(crate) path: Path,
    /// For a list that the expression goes through: what it looks at in each element.
    pub(crate) elements: Option<Elements>,
}

/// What an expression looks at in each element of a list.
#[derive(Clone, Debug)]
pub(crate) struct Elements {
    /// The variable that stands for the element.
    pub(crate) variable: String,
    /// The element's fields that are read, dotted; the empty name is the element itself.
    pub(crate) fields: BTreeSet<String>,
    /// What is asked of each element.
    pub(crate) predicate: Arc<IdedExpr>,
    /// The answer that decides: true for `exists`, false for `all`.
    pub(crate) deciding: bool,
    /// Whether the condition wants such an element: `exists` does, `all` and `!exists` do not.
    pub(crate) wanted: bool,
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Field(name) if index == 0 => f.write_str(name)?,
                Step::Field(name) => write!(f, ".{name}")?,
                Step::Key(key) => write!(f, "[\"{key}\"]")?,
            }
        }
        Ok(())
    }
}
