//! The shapes that CEL's macros expand to, and the null checks that guard nullable facts.

use cel::common::ast::{ComprehensionExpr, Expr, IdedExpr, LiteralValue, operators};

use crate::check::reads::{Path, Step};

/// A comprehension, as it was written.
pub(super) enum Shape<'e> {
    /// `exists` (decided by a true answer) or `all` (decided by a false one).
    Quantifier {
        /// What is asked of each element.
        predicate: &'e IdedExpr,
        /// The answer that decides.
        deciding: bool,
    },
    /// `filter`.
    Filter(&'e IdedExpr),
    /// `map`.
    Map(&'e IdedExpr),
}

impl<'e> Shape<'e> {
    /// Reads the shape off the expansion of a macro; `None` for any other.
    pub(super) fn of(comprehension: &'e ComprehensionExpr) -> Option<Self> {
        let Expr::Call(step) = &comprehension.loop_step.expr else { return None };
        match (step.func_name.as_str(), step.args.as_slice()) {
            (operators::LOGICAL_OR, [_, predicate]) => Some(Self::Quantifier { predicate, deciding: true }),
            (operators::LOGICAL_AND, [_, predicate]) => Some(Self::Quantifier { predicate, deciding: false }),
            (operators::ADD, [_, IdedExpr { expr: Expr::List(list), .. }]) => list.elements.first().map(Self::Map),
            (operators::CONDITIONAL, [predicate, appended, _]) => {
                let Expr::Call(append) = &appended.expr else { return None };
                match append.args.as_slice() {
                    [_, IdedExpr { expr: Expr::List(list), .. }] => {
                        let kept = list.elements.first().map(|element| &element.expr);
                        let whole = kept == Some(&Expr::Ident(comprehension.iter_var.clone()));
                        whole.then_some(Self::Filter(predicate))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// The facts that cannot be null where the condition has the given truth.
pub(super) fn guards(condition: &IdedExpr, truth: bool) -> Vec<Path> {
    let Expr::Call(call) = &condition.expr else { return Vec::new() };
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::LOGICAL_NOT, [inner]) => guards(inner, !truth),
        (operators::LOGICAL_AND, [left, right]) if truth => [guards(left, true), guards(right, true)].concat(),
        (operators::LOGICAL_OR, [left, right]) if !truth => [guards(left, false), guards(right, false)].concat(),
        (operators::NOT_EQUALS, [fact, other]) | (operators::EQUALS, [fact, other])
            if truth == (call.func_name == operators::NOT_EQUALS) =>
        {
            let (fact, other) = if is_null(fact) { (other, fact) } else { (fact, other) };
            path(fact).filter(|_| is_null(other)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

const fn is_null(expr: &IdedExpr) -> bool {
    matches!(&expr.expr, Expr::Literal(LiteralValue::Null))
}

/// The path that an expression spells.
fn path(expr: &IdedExpr) -> Option<Path> {
    match &expr.expr {
        Expr::Ident(name) => Some(Path(vec![Step::Field(name.clone())])),
        Expr::Select(select) if !select.test => {
            let mut path = path(&select.operand)?;
            path.0.push(Step::Field(select.field.clone()));
            Some(path)
        }
        Expr::Call(call) if call.func_name == operators::INDEX => match call.args.as_slice() {
            [of, IdedExpr { expr: Expr::Literal(LiteralValue::String(key)), .. }] => {
                let mut path = path(of)?;
                path.0.push(Step::Key(key.inner().to_owned()));
                Some(path)
            }
            _ => None,
        },
        _ => None,
    }
}
