//! Files of shell variables, such as those in `/etc/default`.

use std::path::Path;

use super::System;
use crate::facts::{Gap, GapKind, Observed};

/// The value of a variable with its file and line: the last assignment counts. Empty when the file or the variable is not there.
///
/// Only plain assignments are understood; one whose value the shell would have to work out is a gap.
pub(super) fn value(system: &System, path: &str, name: &str) -> Observed<String> {
    let text = match system.read_lossy(Path::new(path)) {
        Ok(text) => text,
        Err(gap) if gap.kind == GapKind::Missing => return Observed::known(String::new()),
        Err(gap) => return gap.into(),
    };
    let assigned = |line: &str| {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").map_or(line, str::trim_start);
        line.strip_prefix(name)?.strip_prefix('=').map(str::to_owned)
    };
    let Some((number, written)) = text.lines().enumerate().filter_map(|(n, line)| Some((n, assigned(line)?))).last()
    else {
        return Observed::known(String::new());
    };
    let place = format!("{path}:{}", number + 1);
    match plain(&written) {
        Some(value) => Observed::from_source(value, place),
        None => Gap::new(GapKind::Unsupported, format!("{place}: more than a plain value")).into(),
    }
}

/// The value of a word that the shell takes as it stands, without its quotes.
fn plain(written: &str) -> Option<String> {
    let mut value = String::new();
    let mut rest = written;
    while let Some(first) = rest.chars().next() {
        match first {
            c if c.is_whitespace() || c == ';' => break,
            '\'' | '"' => {
                let (quoted, after) = rest.get(1..)?.split_once(first)?;
                if first == '"' && quoted.contains(['$', '`', '\\']) {
                    return None;
                }
                value.push_str(quoted);
                rest = after;
            }
            '$' | '`' | '\\' | '(' | ')' | '&' | '|' | '<' | '>' => return None,
            c => {
                value.push(c);
                rest = rest.get(c.len_utf8()..)?;
            }
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::*;

    #[test]
    fn the_last_plain_assignment_counts() {
        let tree = Tree::new();
        let ask = |name| value(&tree.system(), "/etc/default/x", name);
        assert_eq!(ask("A").value().unwrap(), "");
        tree.file(
            "etc/default/x",
            "A=1\n#A=2\n  export A='b c'\"d\" # no\nAB=3\nB=$A\nC=\"x`y`\"\nD=\nE='$x'\nF=\"open\n",
        );
        for (name, expected) in [("A", "b cd"), ("AB", "3"), ("D", ""), ("E", "$x"), ("Z", "")] {
            assert_eq!(ask(name).value().unwrap(), expected, "{name}");
        }
        assert!(matches!(ask("A"), Observed::Known { source: Some(place), .. } if place == "/etc/default/x:3"));
        for name in ["B", "C", "F"] {
            assert_eq!(ask(name).gap().unwrap().kind, GapKind::Unsupported, "{name}");
        }
    }
}
