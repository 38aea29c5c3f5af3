//! The one door to CEL: an expression is compiled, bounded, type-checked and evaluated here.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::thread;

use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, SourceInfo};
use cel::common::types::CelBool;
use cel::common::value::CowVal;
use cel::context::VariableResolver;
use cel::parser::PrattParser;
use cel::{Context, Env, ExecutionError, Program, Value};

use super::node::{Node, Unseen};
use super::reads::{Elements, Path, Read, Step};
use super::walk::{Fault, Walk};
use super::{functions, view};
use crate::types::Type;

/// The longest expression, in bytes.
const MAX_SOURCE: usize = 1024;
/// The most opening brackets, wherever they stand; how deep they nest cannot be told before they were parsed.
const MAX_BRACKETS: usize = 64;
/// Brackets up to which the parser, which recurses through thirty functions for each, needs no stack of its own.
const SHALLOW: usize = 6;
/// Room for `MAX_BRACKETS` nested brackets without optimisation, in bytes; the kernel gives what is used.
const DEEP_STACK: usize = 64 << 20;
/// The deepest tree; deeper ones would exhaust the stack of the recursive evaluator.
const MAX_DEPTH: usize = 64;
/// How many comprehensions may stand inside each other; each level multiplies the cost by the length of a list.
const MAX_NESTING: usize = 2;

/// A condition over facts: compiled, bounded, and without a type error.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    ast: Arc<IdedExpr>,
    reads: Arc<[Read]>,
}

/// Something wrong with an expression, and which bytes of its text.
#[derive(Debug)]
pub(crate) struct ExpressionFault {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

/// The facts that an evaluation may read, by root.
#[derive(Clone, Debug)]
pub(crate) struct Bindings<'f> {
    roots: BTreeMap<&'f str, Result<Node<'f>, Unseen>>,
}

impl<'f> Bindings<'f> {
    pub(crate) fn new(roots: impl IntoIterator<Item = (&'f str, Result<Node<'f>, Unseen>)>) -> Self {
        Self { roots: roots.into_iter().collect() }
    }

    /// The fact at the end of a path.
    pub(crate) fn at(&self, path: &Path) -> Result<Node<'f>, Unseen> {
        let mut steps = path.0.iter();
        let Some(Step::Field(root) | Step::Key(root)) = steps.next() else {
            return Err("an empty path".to_owned().into());
        };
        let root = self.roots.get(root.as_str()).cloned();
        let root = root.unwrap_or_else(|| Err("not collected".to_owned().into()))?;
        steps.try_fold(root, |node, step| match step {
            Step::Field(name) => node.field(name),
            Step::Key(key) => node.entry(key),
        })
    }
}

/// A root whose facts could not be read fails only when something of it is asked for.
struct Roots<'f>(&'f Bindings<'f>);

impl VariableResolver for Roots<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        // CEL asks for `a.b.c` and `a.b` before it asks for `a`.
        let root = if variable.contains('.') { None } else { self.0.roots.get(variable) }?;
        Some(CowVal::Owned(match root {
            Ok(node) => view::value(*node),
            Err(reason) => Box::new(view::Absent(reason.clone())),
        }))
    }
}

impl Expression {
    /// Compiles an expression over roots of these types; `param.name` stands for a text of the given parameters. The patterns of
    /// one that is proven are compiled when they are needed, and no earlier.
    pub(crate) fn compile(
        text: &str,
        roots: &BTreeMap<String, Type>,
        parameters: &BTreeMap<String, String>,
        proven: bool,
    ) -> Result<Self, Vec<ExpressionFault>> {
        let whole = |message: String| vec![ExpressionFault { span: 0..text.len(), message, help: None }];
        if text.len() > MAX_SOURCE {
            return Err(whole(format!("longer than {MAX_SOURCE} bytes: {}", text.len())));
        }
        let brackets = text.matches(['(', '[', '{']).count();
        if brackets > MAX_BRACKETS {
            return Err(whole(format!("more than {MAX_BRACKETS} brackets: {brackets}")));
        }
        if let Ok(ast) = PrattParser::new().parse(text)
            && bounds(&ast, 0, 0).is_ok()
            && let Ok(expression) = Self::check(&ast, Walk::new(roots, proven), parameters)
        {
            return Ok(expression);
        }
        // Only CEL's slow parser tells where in the text each part stands.
        let env = functions::environment().map_err(|error| whole(error.to_string()))?;
        let program = if brackets > SHALLOW { parse_deep(&env, text) } else { parse(&env, text) }?;
        bounds(program.expression(), 0, 0).map_err(whole)?;
        let located = |fault| located(text, program.source_info(), fault);
        let checked = Self::check(program.expression(), Walk::new(roots, proven), parameters);
        checked.map_err(|faults| faults.into_iter().map(located).collect())
    }

    /// Fills the parameters in and walks the tree.
    fn check(parsed: &IdedExpr, mut walk: Walk<'_>, parameters: &BTreeMap<String, String>) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let ast = substitute(parsed, parameters, &mut faults);
        walk.condition(&ast);
        faults.append(&mut walk.faults);
        if faults.is_empty() { Ok(Self { ast: Arc::new(ast), reads: walk.reads.into() }) } else { Err(faults) }
    }

    /// The facts it reads.
    pub(crate) fn reads(&self) -> &[Read] {
        &self.reads
    }

    /// Whether it holds; the reason when the facts leave that open.
    pub(crate) fn evaluate(&self, bindings: &Bindings<'_>) -> Result<bool, Unseen> {
        let env = functions::environment().map_err(|error| error.to_string())?;
        let unseen = || self.reads.iter().filter_map(|read| bindings.at(&read.path).err());
        let roots = Roots(bindings);
        let mut context = Context::with_env(env);
        context.set_variable_resolver(&roots);
        truth(&self.ast, &context).map_err(|error| match error {
            // What a running machine would tell is no excuse for a file that could not be read.
            Undecided::Unseen(reason) if reason.offline => unseen().find(|other| !other.offline).unwrap_or(reason),
            Undecided::Unseen(reason) => reason,
            // A list that was not seen cannot be gone through; CEL says so in its own terms.
            Undecided::Other(error) => unseen().min_by_key(|reason| reason.offline).unwrap_or_else(|| error.into()),
        })
    }
}

/// Why an evaluation came to no answer.
enum Undecided {
    /// A fact was not seen, for this reason.
    Unseen(Unseen),
    /// Anything else, in CEL's words.
    Other(String),
}

/// The elements of a list that decide what is asked of it.
pub(crate) fn deciding<'f>(list: &[Node<'f>], elements: &Elements, bindings: &Bindings<'f>) -> Vec<Node<'f>> {
    let Ok(env) = functions::environment() else { return list.to_vec() };
    let roots = Roots(bindings);
    let mut context = Context::with_env(env);
    context.set_variable_resolver(&roots);
    let decides = |node: &&Node<'f>| {
        let mut inner = context.new_inner_scope();
        inner.add_variable_as_val(&elements.variable, view::value(**node));
        truth(&elements.predicate, &inner).map_or(true, |answer| answer == elements.deciding)
    };
    list.iter().filter(decides).copied().collect()
}

fn truth(ast: &IdedExpr, context: &Context) -> Result<bool, Undecided> {
    match Value::resolve_val(ast, context) {
        Ok(value) => match value.downcast_ref::<CelBool>() {
            Some(answer) => Ok(*answer.inner()),
            None => Err(Undecided::Other("the answer is neither true nor false".to_owned())),
        },
        Err(ExecutionError::FunctionError { function, message })
            if [view::UNSEEN, view::OFFLINE].contains(&function.as_str()) =>
        {
            Err(Undecided::Unseen(Unseen { words: message, offline: function == view::OFFLINE }))
        }
        Err(error) => Err(Undecided::Other(error.to_string())),
    }
}

fn parse(env: &Env, text: &str) -> Result<Program, Vec<ExpressionFault>> {
    env.compile(text).map_err(|errors| errors.errors.iter().map(|error| syntax_fault(text, error)).collect())
}

fn parse_deep(env: &Env, text: &str) -> Result<Program, Vec<ExpressionFault>> {
    let died = || vec![ExpressionFault { span: 0..text.len(), message: "cannot be parsed".to_owned(), help: None }];
    thread::scope(|scope| {
        let parser = thread::Builder::new().stack_size(DEEP_STACK).spawn_scoped(scope, || parse(env, text));
        parser.map_err(|_| died())?.join().map_err(|_| died())?
    })
}

fn syntax_fault(text: &str, error: &cel::ParseError) -> ExpressionFault {
    let (line, column) = error.pos;
    let before = |position: isize| usize::try_from(position - 1).unwrap_or(0);
    let line_start: usize = text.split_inclusive('\n').take(before(line)).map(str::len).sum();
    let mut rest = text.get(line_start..).unwrap_or_default().char_indices().skip(before(column));
    let mut next = || rest.next().map_or(text.len(), |(at, _)| line_start + at);
    let (start, end) = (next(), next());
    ExpressionFault { span: start..end, message: format!("not an expression: {}", error.msg), help: None }
}

fn located(text: &str, info: &SourceInfo, fault: Fault) -> ExpressionFault {
    let (start, stop) = info.offset_for(fault.node).unwrap_or((0, u32::MAX));
    // CEL counts characters.
    let byte = |character: u32| text.char_indices().nth(character as usize).map_or(text.len(), |(at, _)| at);
    let (start, stop) = (byte(start), byte(stop.saturating_add(1)));
    let span = name(text, start).unwrap_or(start.min(stop)..stop);
    ExpressionFault { span, message: fault.message, help: fault.help }
}

/// CEL places a field at the dot before its name, and a call at the parenthesis after it; people look for the name.
fn name(text: &str, at: usize) -> Option<Range<usize>> {
    let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (before, after) = text.split_at_checked(at)?;
    let range = if let Some(rest) = after.strip_prefix('.') {
        let word = rest.trim_start();
        let start = text.len() - word.len();
        start..start + word.find(|c| !in_name(c)).unwrap_or(word.len())
    } else if after.starts_with('(') {
        let word = before.trim_end();
        word.rfind(|c| !in_name(c)).map_or(0, |last| last + 1)..word.len()
    } else {
        return None;
    };
    Some(range).filter(|range| !range.is_empty())
}

/// Refuses what a hostile pack could exhaust the evaluator with.
fn bounds(expr: &IdedExpr, depth: usize, nesting: usize) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("nested deeper than {MAX_DEPTH}"));
    }
    let inner = |child: &IdedExpr| bounds(child, depth + 1, nesting);
    match &expr.expr {
        Expr::Select(select) => inner(&select.operand),
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).try_for_each(inner),
        Expr::List(list) => list.elements.iter().try_for_each(inner),
        Expr::Comprehension(comprehension) => {
            if nesting == MAX_NESTING {
                return Err(format!("more than {MAX_NESTING} comprehensions inside each other"));
            }
            inner(&comprehension.iter_range)?;
            bounds(&comprehension.loop_step, depth + 1, nesting + 1)
        }
        Expr::Map(map) => map.entries.iter().try_for_each(|entry| match &entry.expr {
            EntryExpr::MapEntry(entry) => inner(&entry.key).and_then(|()| inner(&entry.value)),
            EntryExpr::StructField(field) => inner(&field.value),
        }),
        Expr::Struct(_) | Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => Ok(()),
    }
}

/// Puts the texts of the parameters in the place of `param.name`, and our `matches` in the place of CEL's.
fn substitute(expr: &IdedExpr, parameters: &BTreeMap<String, String>, faults: &mut Vec<Fault>) -> IdedExpr {
    let mut result = expr.clone();
    replace(&mut result, parameters, faults);
    result
}

fn replace(expr: &mut IdedExpr, parameters: &BTreeMap<String, String>, faults: &mut Vec<Fault>) {
    if let Expr::Select(select) = &expr.expr
        && select.operand.expr == Expr::Ident("param".to_owned())
    {
        match parameters.get(&select.field) {
            Some(text) => expr.expr = Expr::Literal(LiteralValue::String(text.clone().into())),
            None => {
                let known = parameters.keys().map(String::as_str);
                let help = crate::diagnostic::did_you_mean(&select.field, known);
                faults.push(Fault {
                    node: expr.id,
                    message: format!("there is no parameter `{}`", select.field),
                    help,
                });
                expr.expr = Expr::Literal(LiteralValue::String(String::new().into()));
            }
        }
        return;
    }
    match &mut expr.expr {
        Expr::Select(select) => replace(&mut select.operand, parameters, faults),
        Expr::Call(call) => {
            if call.func_name == "matches" {
                functions::MATCHES.clone_into(&mut call.func_name);
            }
            call.target.iter_mut().for_each(|target| replace(target, parameters, faults));
            call.args.iter_mut().for_each(|argument| replace(argument, parameters, faults));
        }
        Expr::List(list) => list.elements.iter_mut().for_each(|element| replace(element, parameters, faults)),
        Expr::Comprehension(comprehension) => {
            replace(&mut comprehension.iter_range, parameters, faults);
            replace(&mut comprehension.loop_step, parameters, faults);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
