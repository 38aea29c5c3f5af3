//! What a stack comes to: libpam's dispatcher, run over what modules may return.

use super::control::Action;
use super::stack::{Line, Runs};
use crate::facts::{Gap, GapKind};

/// The most ways through one stack that are tried.
const MAX_WAYS: usize = 1 << 14;

/// One way through a stack.
pub(super) struct Way {
    /// The lines whose modules ran, in order.
    pub(super) ran: Vec<usize>,
    /// Whether the whole succeeds.
    pub(super) success: bool,
}

/// What is said of a stack so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Impression {
    None,
    Positive,
    Negative,
}

/// Tries every way through a stack; `returns` says what a line's module may return.
pub(super) fn ways(
    lines: &[Line],
    returns: impl Fn(&Line) -> Vec<String>,
    mut each: impl FnMut(&Way),
) -> Result<(), Gap> {
    let choices: Vec<Vec<String>> = lines.iter().map(|line| possible(line, &returns)).collect();
    let count = choices.iter().try_fold(1_usize, |count, choice| count.checked_mul(choice.len().max(1)));
    if count.is_none_or(|count| count > MAX_WAYS) {
        return Err(Gap::new(GapKind::Unsupported, "there are too many ways through the stack to try them all"));
    }
    let mut picked = vec![0_usize; lines.len()];
    loop {
        let chosen: Vec<&str> =
            choices.iter().zip(&picked).map(|(choice, at)| choice.get(*at).map_or("success", String::as_str)).collect();
        let (ran, success) = run(lines, &chosen);
        each(&Way { ran, success });
        // Counts up, the first line fastest.
        let mut carried = true;
        for (at, choice) in picked.iter_mut().zip(&choices) {
            *at += 1;
            if *at < choice.len() {
                carried = false;
                break;
            }
            *at = 0;
        }
        if carried {
            return Ok(());
        }
    }
}

fn possible(line: &Line, returns: &impl Fn(&Line) -> Vec<String>) -> Vec<String> {
    match &line.runs {
        Runs::Module(_) => returns(line),
        Runs::Missing(_) => vec!["module_unknown".to_owned()],
        Runs::Failure => vec!["perm_denied".to_owned()],
        Runs::Substack => Vec::new(),
    }
}

/// One run: the lines whose modules ran, and whether it succeeds.
fn run(lines: &[Line], returns: &[&str]) -> (Vec<usize>, bool) {
    let mut ran = Vec::new();
    let (mut impression, mut success) = (Impression::None, false);
    let mut entered = vec![(impression, success)];
    let (mut at, mut last_level) = (0, 0);
    while let Some(line) = lines.get(at) {
        let level = line.level;
        if last_level < level {
            entered.resize(level + 1, (Impression::None, false));
            if let Some(state) = entered.get_mut(level) {
                *state = (impression, success);
            }
        }
        last_level = level;
        if line.runs == Runs::Substack {
            at += 1;
            continue;
        }
        if matches!(line.runs, Runs::Module(_)) {
            ran.push(at);
        }
        let returned = returns.get(at).copied().unwrap_or("success");
        let mut decided = false;
        match line.control.action(returned) {
            Action::Reset => (impression, success) = entered.get(level).copied().unwrap_or((Impression::None, false)),
            Action::Ignore => {}
            action @ (Action::Ok | Action::Done) => {
                if impression == Impression::None || impression == Impression::Positive && success {
                    impression = Impression::Positive;
                    success = returned == "success";
                }
                decided = action == Action::Done && impression == Impression::Positive;
            }
            action @ (Action::Bad | Action::Die) => {
                if impression != Impression::Negative {
                    (impression, success) = (Impression::Negative, false);
                }
                decided = action == Action::Die;
            }
            Action::Jump(count) => {
                let left = jump(lines, &mut at, level, count);
                if left > 0 {
                    (impression, success) = (Impression::Negative, false);
                }
            }
        }
        while decided && lines.get(at + 1).is_some_and(|next| next.level >= level) {
            at += 1;
        }
        at += 1;
    }
    (ran, success && impression == Impression::Positive)
}

/// Leaves out so many lines of a level, a substack being one; how many are left when there are not as many.
fn jump(lines: &[Line], at: &mut usize, level: usize, mut count: usize) -> usize {
    let next_level = |at: usize| lines.get(at + 1).map(|next| next.level);
    while count > 0 && next_level(*at).is_some_and(|next| next >= level) {
        *at += 1;
        while next_level(*at).is_some_and(|next| next > level) {
            *at += 1;
        }
        count -= 1;
    }
    count
}
