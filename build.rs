//! Reads the types of facts off their schema, once, and writes them down as the code that makes them: `src/types.rs` says why.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "of these files, only the types are used here")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::{env, fs, io};

#[path = "src"]
mod source {
    pub mod facts;
    #[path = "types/schema.rs"]
    pub mod schema;
}

use source::facts::Facts;
use source::schema::{Field, Struct, Type};

fn main() -> io::Result<()> {
    for path in ["build.rs", "src/facts.rs", "src/facts", "src/types/schema.rs"] {
        io::Write::write_fmt(&mut io::stdout(), format_args!("cargo::rerun-if-changed={path}\n"))?;
    }
    let mut code = Code::default();
    let Type::Struct(facts) = Type::of::<Facts>() else { return Err(io::Error::other("facts are no structure")) };
    let facts = code.structure(&facts);
    let lint = r#"#[allow(clippy::too_many_lines, clippy::let_and_return, reason = "a line for each structure")]"#;
    let whole = format!("{lint}\npub(super) fn facts() -> Arc<Struct> {{\n{}    {facts}\n}}\n", code.lines);
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo tells no OUT_DIR"))?;
    fs::write(Path::new(&out).join("types.rs"), whole)
}

/// Code that makes types.
#[derive(Default)]
struct Code {
    /// One statement for each structure, after those of which it is made.
    lines: String,
    /// The variables of the structures, by where each lies in memory: one that is met again is the same.
    known: BTreeMap<*const Struct, String>,
}

impl Code {
    /// The expression that makes a type.
    fn ty(&mut self, ty: &Type) -> String {
        match ty {
            Type::Bool | Type::Int | Type::String | Type::Null | Type::Any => format!("Type::{ty:?}"),
            Type::Enum(known) => format!("words(&{known:?})"),
            Type::List(of) => format!("Type::List(Arc::new({}))", self.ty(of)),
            Type::Map(of) => format!("Type::Map(Arc::new({}))", self.ty(of)),
            Type::Optional(of) => format!("Type::Optional(Arc::new({}))", self.ty(of)),
            Type::Observed(of) => format!("Type::Observed(Arc::new({}))", self.ty(of)),
            Type::Struct(of) => format!("Type::Struct(Arc::clone(&{}))", self.structure(of)),
        }
    }

    /// The variable that holds a structure.
    fn structure(&mut self, of: &Arc<Struct>) -> String {
        if let Some(known) = self.known.get(&Arc::as_ptr(of)) {
            return known.clone();
        }
        let fields: Vec<String> =
            of.fields.iter().map(|(name, field)| format!("({name:?}, {})", self.field(field))).collect();
        let (fields, required) = (fields.join(", "), Vec::from_iter(&of.required));
        let rest = of.rest.as_ref().map_or_else(|| "None".to_owned(), |rest| format!("Some({})", self.ty(rest)));
        let variable = format!("s{}", self.known.len());
        let made = format!("named({:?}, {:?}, vec![{fields}], &{required:?}, {rest})", of.name, of.doc);
        // Writing into a String does not fail.
        let _ = writeln!(self.lines, "    let {variable} = {made};");
        self.known.insert(Arc::as_ptr(of), variable.clone());
        variable
    }

    fn field(&mut self, field: &Field) -> String {
        let Field { doc, source, deep, keyed, .. } = field;
        let made = format!("Field::new({}, {doc:?}, {source:?}, {deep:?}, {keyed})", self.ty(&field.ty));
        match &field.via {
            Some(via) => format!("Field {{ via: Some({via:?}.to_owned()), ..{made} }}"),
            None => made,
        }
    }
}
