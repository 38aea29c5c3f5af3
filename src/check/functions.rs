//! The functions of expressions: the few of CEL that are allowed, and those that speak the language of the field.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use cel::common::types::{CelBool, CelInt, CelString, INT_TYPE, LIST_TYPE, STRING_TYPE, Type as CelType};
use cel::common::value::CowVal;
use cel::{DeclarationError, Env, ExecutionError};
use globset::Glob;
use regex::Regex;
use semver::Version;

/// One function, as the type walk, the evaluator and the manual know it.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// What it is called on; `None` for `name(argument)`.
    pub receiver: Option<Kind>,
    /// Its one argument.
    pub argument: Kind,
    /// What it returns.
    pub returns: Kind,
    /// What it says, for the manual.
    pub doc: &'static str,
}

/// The types that functions take and return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// Text.
    String,
    /// A list of text.
    Strings,
}

impl Kind {
    /// The word for it in the manual.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::String => "string",
            Self::Strings => "list",
        }
    }
}

impl Function {
    /// How it is called, such as `string.startsWith(string)`.
    pub fn form(&self) -> String {
        let on = self.receiver.map(|receiver| format!("{}.", receiver.as_str())).unwrap_or_default();
        format!("{on}{}({})", self.name, self.argument.as_str())
    }
}

const fn method(name: &'static str, on: Kind, argument: Kind, doc: &'static str) -> Function {
    Function { name, receiver: Some(on), argument, returns: Kind::Bool, doc }
}

/// Every function besides `size` and CEL's macros `exists`, `all`, `filter` and `map`.
pub const FUNCTIONS: &[Function] = &[
    method("startsWith", Kind::String, Kind::String, "text begins with the argument"),
    method("endsWith", Kind::String, Kind::String, "text ends with the argument"),
    method("matches", Kind::String, Kind::String, "text matches the regular expression, which must be a literal"),
    method("like", Kind::String, Kind::Strings, "text matches one of the globs in the argument"),
    method("subset", Kind::Strings, Kind::Strings, "every element of the list is in the argument"),
    method("covers", Kind::String, Kind::String, "path is the argument's path or one of its ancestors"),
    method("within", Kind::Int, Kind::String, "file mode grants no bit outside the octal argument"),
    method("atLeast", Kind::String, Kind::String, "version is the argument's or newer"),
    Function {
        name: "int",
        receiver: None,
        argument: Kind::String,
        returns: Kind::Int,
        doc: "the number that the text is; unknown when it is none",
    },
];

/// What `matches` is called once its expression is compiled: CEL's own compiles the pattern again for every subject. Nobody can write
/// such a name.
pub(super) const MATCHES: &str = "@matches";

/// CEL's standard library with our functions.
pub(super) fn environment() -> Result<Arc<Env>, DeclarationError> {
    static ENVIRONMENT: LazyLock<Result<Arc<Env>, DeclarationError>> = LazyLock::new(|| {
        let mut env = Env::stdlib().with_optional_support(false);
        let mut add = |name: &str, on: CelType, argument: CelType, function: cel::common::functions::Function| {
            env.add_member_overload(name, &format!("plimsoll_{name}"), on, vec![argument], function)
        };
        add("like", STRING_TYPE, LIST_TYPE, like)?;
        add("subset", LIST_TYPE, LIST_TYPE, subset)?;
        add("covers", STRING_TYPE, STRING_TYPE, covers)?;
        add("within", INT_TYPE, STRING_TYPE, within)?;
        add("atLeast", STRING_TYPE, STRING_TYPE, at_least)?;
        add(MATCHES, STRING_TYPE, STRING_TYPE, matches)?;
        Ok(Arc::new(env))
    });
    ENVIRONMENT.clone()
}

fn subset<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let [list, allowed] = args.as_slice() else { return Err(ExecutionError::missing_argument_or_target()) };
    let (Some(list), Some(allowed)) = (list.as_iterable(), allowed.as_container()) else {
        return Err(ExecutionError::function_error("subset", "not a list"));
    };
    let mut elements = list.iter();
    while let Some(element) = elements.next() {
        if !allowed.contains(element)? {
            return Ok(CowVal::owned(CelBool::from(false)));
        }
    }
    Ok(CowVal::owned(CelBool::from(true)))
}

fn like<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let name = text(&args, 0)?;
    let globs = args.get(1).and_then(|globs| globs.as_iterable());
    let mut globs = globs.ok_or_else(|| ExecutionError::function_error("like", "not a list"))?.iter();
    while let Some(glob) = globs.next() {
        let glob = glob.downcast_ref::<CelString>().map(CelString::inner);
        let glob = glob.ok_or_else(|| ExecutionError::function_error("like", "not a string"))?;
        let glob = Glob::new(glob).map_err(|error| ExecutionError::function_error("like", error))?;
        if glob.compile_matcher().is_match(name) {
            return Ok(CowVal::owned(CelBool::from(true)));
        }
    }
    Ok(CowVal::owned(CelBool::from(false)))
}

fn matches<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let (text, pattern) = (text(&args, 0)?, text(&args, 1)?);
    let pattern = compiled(pattern).map_err(|error| ExecutionError::function_error("matches", error))?;
    Ok(CowVal::owned(CelBool::from(pattern.is_match(text))))
}

/// A pattern, compiled once: patterns are written in checks, so that there are only so many.
fn compiled(pattern: &str) -> Result<Regex, regex::Error> {
    static COMPILED: Mutex<BTreeMap<String, Regex>> = Mutex::new(BTreeMap::new());
    let mut known = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(regex) = known.get(pattern) {
        return Ok(regex.clone());
    }
    let regex = Regex::new(pattern)?;
    known.insert(pattern.to_owned(), regex.clone());
    Ok(regex)
}

fn covers<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let (outer, inner) = (text(&args, 0)?, text(&args, 1)?);
    // An empty path names nothing; it must not count as the root.
    let covers = outer.starts_with('/') && parts(inner).starts_with(&parts(outer));
    Ok(CowVal::owned(CelBool::from(covers)))
}

/// The parts of a path; one that climbs out of a directory is where it climbs to.
fn parts(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts
}

fn within<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let mode = args.first().and_then(|value| value.downcast_ref::<CelInt>()).map(|mode| *mode.inner());
    let limit = i64::from_str_radix(text(&args, 1)?, 8).map_err(|e| ExecutionError::function_error("within", e))?;
    let mode = mode.ok_or_else(ExecutionError::missing_argument_or_target)?;
    Ok(CowVal::owned(CelBool::from(mode & !limit == 0)))
}

fn at_least<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let (have, want) = (version(text(&args, 0)?)?, version(text(&args, 1)?)?);
    Ok(CowVal::owned(CelBool::from(have >= want)))
}

/// The three leading numbers of a version: a distribution's suffix says nothing about order.
fn version(text: &str) -> Result<Version, ExecutionError> {
    let numbers: Option<Vec<u64>> =
        text.split(['-', '+', '~']).next().map(|head| head.split('.').map_while(|n| n.parse().ok()).collect());
    match numbers.as_deref() {
        Some([major, rest @ ..]) => {
            let part = |index: usize| rest.get(index).copied().unwrap_or(0);
            Ok(Version::new(*major, part(0), part(1)))
        }
        _ => Err(ExecutionError::function_error("atLeast", format!("`{text}` is not a version"))),
    }
}

fn text<'a>(args: &'a [CowVal<'_, '_>], index: usize) -> Result<&'a str, ExecutionError> {
    let value = args.get(index).ok_or_else(ExecutionError::missing_argument_or_target)?;
    let text = value.downcast_ref::<CelString>().map(CelString::inner);
    text.ok_or_else(|| ExecutionError::function_error("text", "not a string"))
}
