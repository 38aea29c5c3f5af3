//! The walk over an expression that finds every type error and every fact it reads.

mod call;
mod shape;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, SelectExpr, operators};

use self::shape::Shape;
use super::reads::{Elements, Path, Read, Step};
use crate::diagnostic::did_you_mean;
use crate::types::Type;

/// Something wrong with an expression.
#[derive(Debug)]
pub(super) struct Fault {
    /// The node at fault.
    pub(super) node: u64,
    /// What is wrong.
    pub(super) message: String,
    /// What would be right.
    pub(super) help: Option<String>,
}

/// The type of a part of an expression, and the fact that it is, if it is one.
struct Typed {
    ty: Type,
    path: Option<Path>,
}

/// A variable of a comprehension.
struct Bound {
    name: String,
    ty: Type,
    fields: BTreeSet<String>,
}

/// The state of a walk.
pub(super) struct Walk<'r> {
    roots: &'r BTreeMap<String, Type>,
    /// Whether its patterns are known to be right.
    proven: bool,
    bound: Vec<Bound>,
    /// Nullable facts that are known not to be null at this point.
    narrowed: Vec<Path>,
    /// Whether an odd number of `!` is around this point.
    negated: bool,
    pub(super) reads: Vec<Read>,
    pub(super) faults: Vec<Fault>,
}

impl<'r> Walk<'r> {
    pub(super) const fn new(roots: &'r BTreeMap<String, Type>, proven: bool) -> Self {
        Self {
            roots,
            proven,
            bound: Vec::new(),
            narrowed: Vec::new(),
            negated: false,
            reads: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Walks a whole expression, which must be true or false.
    pub(super) fn condition(&mut self, expr: &IdedExpr) {
        self.expect(expr, &Type::Bool);
    }

    fn fault(&mut self, node: u64, message: String, help: Option<String>) -> Type {
        self.faults.push(Fault { node, message, help });
        Type::Any
    }

    /// The type of an expression whose value is used; a fact is noted as read.
    fn ty(&mut self, expr: &IdedExpr) -> Type {
        match &expr.expr {
            Expr::Select(_) | Expr::Ident(_) => self.used(expr),
            Expr::Call(call) if call.func_name == operators::INDEX => self.used(expr),
            Expr::Literal(literal) => self.literal(expr.id, literal),
            Expr::List(list) => {
                let mut element = Type::Any;
                for item in &list.elements {
                    element = self.ty(item);
                    if !matches!(element, Type::String | Type::Enum(_) | Type::Int | Type::Any) {
                        element = self.fault(item.id, format!("a list is of text or numbers, not of {element}"), None);
                    }
                }
                Type::List(Arc::new(element))
            }
            Expr::Call(call) => self.call(expr.id, call),
            Expr::Comprehension(comprehension) => self.comprehension(expr.id, comprehension),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                self.fault(expr.id, "maps and messages cannot be written in an expression".to_owned(), None)
            }
        }
    }

    fn literal(&mut self, node: u64, literal: &LiteralValue) -> Type {
        match literal {
            LiteralValue::Boolean(_) => Type::Bool,
            LiteralValue::Int(_) => Type::Int,
            LiteralValue::String(_) => Type::String,
            LiteralValue::Null => Type::Null,
            LiteralValue::UInt(_) | LiteralValue::Double(_) | LiteralValue::Bytes(_) => {
                self.fault(node, "only text, whole numbers, true, false and null can be written".to_owned(), None)
            }
        }
    }

    fn expect(&mut self, expr: &IdedExpr, wanted: &Type) {
        let found = self.ty(expr);
        let fits = match (&found, wanted) {
            (Type::Any, _) | (Type::Enum(_), Type::String) => true,
            (found, wanted) => found == wanted,
        };
        if !fits {
            let help = match found {
                Type::Optional(_) => Some("it may be null: compare it with null first, joined by `&&`".to_owned()),
                _ => None,
            };
            self.fault(expr.id, format!("expected {wanted}, found {found}"), help);
        }
    }

    /// The type of a fact that is used here, noted as read.
    fn used(&mut self, expr: &IdedExpr) -> Type {
        let typed = self.fact(expr);
        if let Some(path) = typed.path {
            self.note(path, None);
        }
        typed.ty
    }

    fn note(&mut self, path: Path, elements: Option<Elements>) {
        if let Some((Step::Field(root), rest)) = path.0.split_first()
            && let Some(bound) = self.bound.iter_mut().rev().find(|bound| bound.name == *root)
        {
            let names = rest.iter().map(|(Step::Field(name) | Step::Key(name))| name.as_str());
            bound.fields.insert(names.collect::<Vec<_>>().join("."));
            return;
        }
        // Inside a comprehension the elements of another list are evidence only as a whole.
        let elements = elements.filter(|_| self.bound.is_empty());
        if elements.is_some() || !self.reads.iter().any(|read| read.path == path) {
            self.reads.retain(|read| read.path != path || read.elements.is_some());
            self.reads.push(Read { path, elements });
        }
    }

    /// A chain of selections down from a root, not yet noted as read.
    fn fact(&mut self, expr: &IdedExpr) -> Typed {
        let typed = match &expr.expr {
            Expr::Ident(name) => self.root(expr.id, name),
            Expr::Select(select) => self.select(expr.id, select),
            Expr::Call(call) if call.func_name == operators::INDEX => self.index(expr.id, call),
            _ => return Typed { ty: self.ty(expr), path: None },
        };
        let ty = typed.ty.seen().clone();
        match (&typed.path, ty) {
            (Some(path), Type::Optional(inner)) if self.narrowed.contains(path) => {
                Typed { ty: inner.seen().clone(), ..typed }
            }
            (_, ty) => Typed { ty, ..typed },
        }
    }

    fn root(&mut self, node: u64, name: &str) -> Typed {
        let bound = self.bound.iter().rev().find(|bound| bound.name == name).map(|bound| bound.ty.clone());
        if let Some(ty) = bound.or_else(|| self.roots.get(name).cloned()) {
            return Typed { ty, path: Some(Path(vec![Step::Field(name.to_owned())])) };
        }
        let known: Vec<&str> = self.roots.keys().map(String::as_str).collect();
        let help = did_you_mean(name, known.iter().copied());
        let help = help.unwrap_or_else(|| format!("there are: {}", known.join(", ")));
        Typed { ty: self.fault(node, format!("there is no `{name}`"), Some(help)), path: None }
    }

    fn select(&mut self, node: u64, select: &SelectExpr) -> Typed {
        if select.test {
            let help = "every fact is there or unknown; compare a nullable one with null".to_owned();
            return Typed { ty: self.fault(node, "`has` is not used here".to_owned(), Some(help)), path: None };
        }
        let operand = self.fact(&select.operand);
        let name = &select.field;
        let ty = match &operand.ty {
            Type::Any => Type::Any,
            Type::Struct(fields) => match fields.fields.get(name) {
                Some(field) => field.ty.clone(),
                None => {
                    let known = || fields.fields.keys().map(String::as_str);
                    let help = did_you_mean(name, known())
                        .unwrap_or_else(|| format!("{} has: {}", fields.name, known().collect::<Vec<_>>().join(", ")));
                    self.fault(node, format!("{} has no field `{name}`", fields.name), Some(help))
                }
            },
            Type::Optional(_) => {
                let help = Some("compare it with null first, joined by `&&`".to_owned());
                self.fault(node, format!("what `.{name}` is read from may be null"), help)
            }
            other => {
                let message = format!("{other} has no fields");
                self.fault(node, message, None)
            }
        };
        Typed { ty, path: extend(operand.path, Step::Field(name.clone())) }
    }

    fn index(&mut self, node: u64, call: &CallExpr) -> Typed {
        let [operand, index] = call.args.as_slice() else {
            return Typed { ty: self.fault(node, "an index takes one key".to_owned(), None), path: None };
        };
        let operand = self.fact(operand);
        let (Type::Map(of), Expr::Literal(LiteralValue::String(key))) = (&operand.ty, &index.expr) else {
            let help = Some(
                "only a map has entries, and their key is written out: sysctl[\"kernel.dmesg_restrict\"]".to_owned(),
            );
            return Typed { ty: self.fault(node, "this cannot be indexed".to_owned(), help), path: None };
        };
        Typed { ty: (**of).clone(), path: extend(operand.path, Step::Key(key.inner().to_owned())) }
    }

    fn comprehension(&mut self, node: u64, comprehension: &ComprehensionExpr) -> Type {
        let Some(shape) = Shape::of(comprehension) else {
            let help = Some("use exists, all, filter or map".to_owned());
            return self.fault(node, "this form of comprehension is not used here".to_owned(), help);
        };
        let variable = &comprehension.iter_var;
        if self.roots.contains_key(variable) || self.bound.iter().any(|bound| bound.name == *variable) {
            return self.fault(node, format!("`{variable}` already has a meaning here"), None);
        }
        let range = self.fact(&comprehension.iter_range);
        let element = match &range.ty {
            Type::List(of) => (**of).clone(),
            Type::Map(_) => Type::String,
            Type::Any => Type::Any,
            other => {
                let message = format!("{other} has no elements");
                self.fault(comprehension.iter_range.id, message, None)
            }
        };
        self.bound.push(Bound { name: variable.clone(), ty: element.clone(), fields: BTreeSet::new() });
        let body = match &shape {
            Shape::Quantifier { predicate, .. } | Shape::Filter(predicate) => {
                self.expect(predicate, &Type::Bool);
                predicate
            }
            Shape::Map(body) => body,
        };
        let body_ty = if matches!(shape, Shape::Map(_)) { self.ty(body) } else { Type::Bool };
        let fields = self.bound.pop().map(|bound| bound.fields).unwrap_or_default();
        let deciding = match shape {
            Shape::Quantifier { deciding, .. } => deciding,
            Shape::Filter(_) | Shape::Map(_) => true,
        };
        if let Some(path) = range.path {
            let predicate = Arc::new((*body).clone());
            let wanted = deciding != self.negated;
            let elements = Elements { variable: variable.clone(), fields, predicate, deciding, wanted };
            let elements = Some(elements).filter(|_| body_ty == Type::Bool);
            self.note(path, elements);
        }
        match shape {
            Shape::Quantifier { .. } => Type::Bool,
            Shape::Filter(_) => Type::List(Arc::new(element)),
            Shape::Map(_) => Type::List(Arc::new(body_ty)),
        }
    }
}

fn extend(path: Option<Path>, step: Step) -> Option<Path> {
    path.map(|mut path| {
        path.0.push(step);
        path
    })
}
