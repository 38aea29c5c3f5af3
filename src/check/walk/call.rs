//! Operators and functions: what they take and what they give.

use std::sync::Arc;

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};
use regex::RegexBuilder;

use super::shape::guards;
use super::{Typed, Walk};
use crate::check::functions::MATCHES;
use crate::check::reads::Elements;
use crate::check::{FUNCTIONS, Function, Kind};
use crate::diagnostic::did_you_mean;
use crate::types::Type;

/// The largest regular expression once it is compiled, in bytes.
const MAX_PATTERN: usize = 256 << 10;

impl Walk<'_> {
    pub(super) fn call(&mut self, node: u64, call: &CallExpr) -> Type {
        use operators as op;
        match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
            (op::LOGICAL_AND, None, [left, right]) => self.both(left, right, true),
            (op::LOGICAL_OR, None, [left, right]) => self.both(left, right, false),
            (op::LOGICAL_NOT, None, [inner]) => {
                self.negated = !self.negated;
                self.expect(inner, &Type::Bool);
                self.negated = !self.negated;
                Type::Bool
            }
            (op::CONDITIONAL, None, [condition, yes, no]) => self.conditional(condition, yes, no),
            (op::EQUALS | op::NOT_EQUALS, None, [left, right]) => self.equality(node, left, right),
            (op::LESS | op::LESS_EQUALS | op::GREATER | op::GREATER_EQUALS, None, [left, right]) => {
                self.expect(left, &Type::Int);
                self.expect(right, &Type::Int);
                Type::Bool
            }
            (op::ADD | op::SUBSTRACT | op::MULTIPLY, None, [left, right]) => {
                self.expect(left, &Type::Int);
                self.expect(right, &Type::Int);
                Type::Int
            }
            (op::NEGATE, None, [inner]) => {
                self.expect(inner, &Type::Int);
                Type::Int
            }
            (op::IN, None, [element, list]) => self.membership(node, element, list),
            ("size", None, [of]) | ("size", Some(of), []) => self.size(of),
            (name, target, args) => self.function(node, name, target, args),
        }
    }

    fn both(&mut self, left: &IdedExpr, right: &IdedExpr, and: bool) -> Type {
        self.expect(left, &Type::Bool);
        let depth = self.narrowed.len();
        self.narrowed.extend(guards(left, and));
        self.expect(right, &Type::Bool);
        self.narrowed.truncate(depth);
        Type::Bool
    }

    fn conditional(&mut self, condition: &IdedExpr, yes: &IdedExpr, no: &IdedExpr) -> Type {
        self.expect(condition, &Type::Bool);
        let depth = self.narrowed.len();
        self.narrowed.extend(guards(condition, true));
        let ty = self.ty(yes);
        self.narrowed.truncate(depth);
        self.narrowed.extend(guards(condition, false));
        self.expect(no, &ty);
        self.narrowed.truncate(depth);
        ty
    }

    fn equality(&mut self, node: u64, left: &IdedExpr, right: &IdedExpr) -> Type {
        let (left_ty, right_ty) = (self.ty(left), self.ty(right));
        for (word, ty) in [(left, &right_ty), (right, &left_ty)] {
            self.known_word(word, ty);
        }
        if !left_ty.comparable(&right_ty) {
            let help = match (&left_ty, &right_ty) {
                (Type::Optional(_), _) | (_, Type::Optional(_)) => "compare it with null first, joined by `&&`",
                (Type::List(_) | Type::Map(_), _) | (_, Type::List(_) | Type::Map(_)) => "use size(), `in` or subset()",
                _ => "both sides of a comparison have one type",
            };
            self.fault(node, format!("cannot compare {left_ty} with {right_ty}"), Some(help.to_owned()));
        }
        Type::Bool
    }

    /// A word compared with an enumeration must be one of its words.
    fn known_word(&mut self, expr: &IdedExpr, ty: &Type) {
        if let (Type::Enum(words), Expr::Literal(LiteralValue::String(word))) = (ty, &expr.expr)
            && !words.iter().any(|known| known == word.inner())
        {
            let help = did_you_mean(word.inner(), words.iter().map(String::as_str));
            let help = help.unwrap_or_else(|| format!("it is one of: {}", words.join(", ")));
            self.fault(expr.id, format!("it is never `{}`", word.inner()), Some(help));
        }
    }

    fn membership(&mut self, node: u64, element: &IdedExpr, list: &IdedExpr) -> Type {
        let element_ty = self.ty(element);
        let list_ty = self.ty(list);
        if let Expr::List(literal) = &list.expr {
            literal.elements.iter().for_each(|word| self.known_word(word, &element_ty));
        }
        let fits = match &list_ty {
            Type::List(of) => of.comparable(&element_ty),
            Type::Map(_) => Type::String.comparable(&element_ty),
            Type::Any => true,
            _ => false,
        };
        if !fits {
            self.fault(node, format!("{element_ty} cannot be in {list_ty}"), None);
        }
        Type::Bool
    }

    fn size(&mut self, of: &IdedExpr) -> Type {
        let ty = self.ty(of);
        if !matches!(ty, Type::List(_) | Type::Map(_) | Type::String | Type::Any) {
            self.fault(of.id, format!("{ty} has no size"), None);
        }
        Type::Int
    }

    fn function(&mut self, node: u64, name: &str, target: Option<&IdedExpr>, args: &[IdedExpr]) -> Type {
        let name = if name == MATCHES { "matches" } else { name };
        let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) else {
            let known = FUNCTIONS.iter().map(|f| f.name).chain(["size", "exists", "all", "filter", "map"]);
            return self.fault(node, format!("there is no function `{name}`"), did_you_mean(name, known));
        };
        match (function.receiver, target, args) {
            (Some(Kind::Strings), Some(target), [argument]) => self.subset(node, target, argument),
            (Some(receiver), Some(target), [argument]) => {
                self.argument(target, receiver);
                self.argument(argument, function.argument);
                self.pattern(function, argument);
            }
            (None, None, [argument]) => self.argument(argument, function.argument),
            _ => {
                let form = if function.receiver.is_some() { format!("x.{name}(y)") } else { format!("{name}(x)") };
                self.fault(node, format!("`{name}` is called as {form}"), None);
            }
        }
        kind_type(function.returns)
    }

    /// `list.subset(allowed)` goes through the list as `list.all(element, element in allowed)` does.
    fn subset(&mut self, node: u64, list: &IdedExpr, allowed: &IdedExpr) {
        let strings = kind_type(Kind::Strings);
        let Typed { ty, path } = self.fact(list);
        if !matches!(ty, Type::Any) && ty != strings {
            self.fault(list.id, format!("expected {strings}, found {ty}"), None);
        }
        self.argument(allowed, Kind::Strings);
        let Some(path) = path else { return };
        let variable = "element".to_owned();
        let element = IdedExpr { id: node, expr: Expr::Ident(variable.clone()) };
        let args = vec![element, allowed.clone()];
        let call = CallExpr { func_name: operators::IN.to_owned(), target: None, args };
        let predicate = Arc::new(IdedExpr { id: node, expr: Expr::Call(call) });
        let fields = [String::new()].into();
        let wanted = self.negated;
        self.note(path, Some(Elements { variable, fields, predicate, deciding: false, wanted }));
    }

    fn argument(&mut self, expr: &IdedExpr, kind: Kind) {
        let empty = matches!(&expr.expr, Expr::List(list) if list.elements.is_empty());
        if !(empty && kind == Kind::Strings) {
            self.expect(expr, &kind_type(kind));
        }
    }

    /// Patterns and octal modes are checked when they are read, not when they are first needed.
    fn pattern(&mut self, function: &Function, argument: &IdedExpr) {
        let literal = match &argument.expr {
            Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
            _ => None,
        };
        let wrong = match (function.name, literal) {
            ("matches", None) => Some("the pattern must be written out".to_owned()),
            ("matches", Some(pattern)) if !self.proven => {
                RegexBuilder::new(pattern).size_limit(MAX_PATTERN).build().err().map(|error| error.to_string())
            }
            ("within", Some(mode)) => i64::from_str_radix(mode, 8).err().map(|error| error.to_string()),
            _ => None,
        };
        if let Some(message) = wrong {
            self.fault(argument.id, message, None);
        }
    }
}

fn kind_type(kind: Kind) -> Type {
    match kind {
        Kind::Bool => Type::Bool,
        Kind::Int => Type::Int,
        Kind::String => Type::String,
        Kind::Strings => Type::List(Arc::new(Type::String)),
    }
}
