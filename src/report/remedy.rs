//! What to do about findings that have something in common, each remedy once.

use super::Finding;

/// How many different remedies are told of one control; the JSON has all.
const REMEDIES: usize = 6;
/// How many words are named by which remedies differ from the first.
const WORDS: usize = 8;

/// A remedy, and those that say the same of something else.
struct Remedy<'r> {
    finding: &'r Finding,
    text: &'r str,
    /// Whether another differs from it by its subject's name alone.
    others: bool,
    /// The word in which others differ from it.
    word: &'r str,
    /// What they have in its place.
    words: Vec<&'r str>,
}

/// What to do about findings: what is the same is said once, and of what differs by one word that word.
pub(crate) fn remedies(findings: &[&Finding]) -> Vec<String> {
    let mut told: Vec<Remedy<'_>> = Vec::new();
    let mut more = 0_usize;
    for finding in findings {
        let Some(text) = finding.remediation.as_deref().map(str::trim) else { continue };
        if told.iter_mut().any(|remedy| remedy.says(finding, text)) {
            continue;
        }
        if told.len() < REMEDIES {
            told.push(Remedy { finding, text, others: false, word: "", words: Vec::new() });
        } else {
            more += 1;
        }
    }
    let mut lines: Vec<String> = told.iter().flat_map(Remedy::lines).collect();
    if more > 0 {
        lines.push(format!("And {more} more, which the JSON has."));
    }
    lines
}

impl<'r> Remedy<'r> {
    /// Whether a finding's remedy is this one, or one that can be told with it.
    fn says(&mut self, finding: &Finding, text: &'r str) -> bool {
        if self.text == text {
            return true;
        }
        let swap = difference(self.text, text);
        let is_name = |(word, other): (&str, &str)| word == self.finding.subject.name && other == finding.subject.name;
        let nameless = || nameless(self.finding, self.text).is_some_and(|a| nameless(finding, text) == Some(a));
        if self.finding.subject.id.is_some() && (swap.is_some_and(is_name) || nameless()) {
            self.others = true;
            return true;
        }
        let Some((word, other)) = swap else { return false };
        if !self.words.is_empty() && self.word != word {
            return false;
        }
        self.word = word;
        if !self.words.contains(&other) {
            self.words.push(other);
        }
        true
    }

    fn lines(&self) -> Vec<String> {
        let others = if self.others { " The others likewise." } else { "" };
        let mut lines = vec![format!("{}{others}", self.text)];
        if !self.words.is_empty() {
            let words = self.words.iter().take(WORDS).copied().collect::<Vec<_>>().join(", ");
            let more = match self.words.len().saturating_sub(WORDS) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            lines.push(format!("The same with {words}{more} in place of {}.", self.word));
        }
        lines
    }
}

/// A remedy without the name of its subject, where there are several to name.
fn nameless(finding: &Finding, text: &str) -> Option<String> {
    let subject = &finding.subject;
    (subject.id.is_some() && !subject.name.is_empty()).then(|| text.replace(&subject.name, "\0"))
}

/// The one word that two texts have different, as each has it, wherever it stands.
fn difference<'r>(a: &'r str, b: &'r str) -> Option<(&'r str, &'r str)> {
    let bare = |word: &'r str| word.trim_matches(|c: char| "`'\",.;:()".contains(c));
    let (mut left, mut right) = (a.split(' '), b.split(' '));
    let mut found = None;
    loop {
        match (left.next(), right.next()) {
            (None, None) => return found,
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => {
                let pair = (bare(a), bare(b));
                if pair.0 == pair.1 || found.is_some_and(|found| found != pair) {
                    return None;
                }
                found = Some(pair);
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Subject;
    use crate::verdict::{Severity, Verdict};

    fn told(remedies: &[(&str, &str)]) -> Vec<String> {
        let finding = |(name, remedy): &(&str, &str)| Finding {
            check: "c".to_owned(),
            title: String::new(),
            severity: Severity::Low,
            fingerprint: String::new(),
            subject: Subject {
                kind: "container".to_owned(),
                name: (*name).to_owned(),
                id: (!name.is_empty()).then(|| (*name).to_owned()),
            },
            verdict: Verdict::Fail,
            basis: Vec::new(),
            reason: None,
            evidence: Vec::new(),
            remediation: Some((*remedy).to_owned()),
            waiver: None,
        };
        let findings: Vec<Finding> = remedies.iter().map(finding).collect();
        super::remedies(&findings.iter().collect::<Vec<_>>())
    }

    #[test]
    fn what_is_the_same_is_said_once() {
        assert_eq!(told(&[]), Vec::<String>::new());
        assert_eq!(told(&[("", "Do."), ("", "Do.\n")]), ["Do."]);
        assert_eq!(told(&[("web", "Stop web."), ("db", "Stop db.")]), ["Stop web. The others likewise."]);
        // A name that is part of other words.
        assert_eq!(told(&[("web", "Stop web."), ("to", "Stop to.")]), ["Stop web. The others likewise."]);
        assert_eq!(told(&[("", "Stop web."), ("", "Start it.")]), ["Stop web.", "Start it."]);
    }

    #[test]
    fn of_what_differs_by_a_word_the_word() {
        let set = |key: &str| format!("Set `{key} = 0`, then look at {key}.");
        let keys = ["a.all", "a.default", "b.all"].map(set);
        let keys = keys.each_ref().map(|text| ("", text.as_str()));
        assert_eq!(
            told(&keys),
            ["Set `a.all = 0`, then look at a.all.", "The same with a.default, b.all in place of a.all."]
        );
        // Two words: each is told as it is.
        assert_eq!(told(&[("", "chmod 1 a"), ("", "chmod 2 b")]), ["chmod 1 a", "chmod 2 b"]);
        assert_eq!(told(&[("", "run a b"), ("", "run a")]), ["run a b", "run a"]);
        // A word that stands for two in the other is no swap.
        assert_eq!(told(&[("", "from a to a"), ("", "from b to c")]), ["from a to a", "from b to c"]);
    }

    #[test]
    fn there_is_an_end_to_it() {
        let many: Vec<String> = (0..20).map(|n| format!("{} {n}", "x ".repeat(n))).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|text| ("", text.as_str())).collect();
        let told = told(&many);
        assert_eq!((told.len(), told.last().map(String::as_str)), (7, Some("And 14 more, which the JSON has.")));
        let words: Vec<String> = (0..20).map(|n| format!("run {n}")).collect();
        let words: Vec<(&str, &str)> = words.iter().map(|text| ("", text.as_str())).collect();
        assert!(super::tests::told(&words)[1].ends_with("8 and 11 more in place of 0."));
    }
}
