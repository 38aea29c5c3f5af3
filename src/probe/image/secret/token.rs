//! Secrets that are known by their shape, whatever they are called.

use std::collections::BTreeSet;
use std::sync::{LazyLock, OnceLock};

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use super::value;

/// A shape: what it is, its form with the secret itself in the first group, and how many of its first characters are no secret.
type Shape = (&'static str, &'static str, usize);

const SHAPES: &[Shape] = &[
    ("private key", r"(-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----)", 11),
    ("AWS access key", r"\b((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})\b", 4),
    ("GitHub token", r"\b(gh[pousr]_[A-Za-z0-9]{36,255})\b", 4),
    ("GitHub token", r"\b(github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})\b", 11),
    ("GitLab token", r"\b(gl(?:pat|dt|rt|cbt|ptt|ft|oas|agent|soat)-[A-Za-z0-9_-]{20,})", 6),
    ("Slack token", r"\b(xox[abeoprs]-[A-Za-z0-9-]{10,})", 5),
    ("Slack token", r"\b(xapp-[0-9]-[A-Za-z0-9-]{20,})", 5),
    ("Slack webhook", r"hooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9/]{20,})", 0),
    ("Google API key", r"\b(AIza[A-Za-z0-9_-]{35})", 4),
    ("Google client secret", r"\b(GOCSPX-[A-Za-z0-9_-]{28})", 7),
    ("JSON web token", r"\b(eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})", 3),
    ("Stripe key", r"\b([sr]k_(?:live|test)_[A-Za-z0-9]{16,})\b", 8),
    ("npm token", r"\b(npm_[A-Za-z0-9]{36})\b", 4),
    ("PyPI token", r"\b(pypi-AgE[A-Za-z0-9_-]{50,})", 5),
    ("Docker Hub token", r"\b(dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,})", 9),
    ("DigitalOcean token", r"\b(do[opr]_v1_[a-f0-9]{64})\b", 7),
    ("SendGrid key", r"\b(SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})", 3),
    ("HashiCorp Vault token", r"\b(hv[sbr]\.[A-Za-z0-9_-]{24,})", 4),
    ("Anthropic key", r"\b(sk-ant-[A-Za-z0-9_-]{32,})", 7),
    ("OpenAI key", r"\b(sk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{16,}T3BlbkFJ[A-Za-z0-9_-]{16,})", 3),
    ("Hugging Face token", r"\b(hf_[A-Za-z]{34})\b", 3),
    ("age key", r"\b(AGE-SECRET-KEY-1[A-Z0-9]{58})\b", 16),
    ("Azure storage key", r"(?i)\bAccountKey=([A-Za-z0-9+/]{86}==)", 0),
    ("password in a connection string", r"(?i)\b[a-z][a-z0-9+.-]*://[^/\s:@'\x22]*:([^@/\s'\x22]+)@[^\s'\x22]", 0),
    (
        "password in a connection string",
        r"(?i)\b(?:server|data source|host|user id|uid)=[^;]+;(?:[^;]+;)*\s*(?:password|pwd)=([^;\s'\x22]+)",
        0,
    ),
    ("HTTP credentials", r"(?i)\bauthorization:\s*(?:bearer|basic|token)\s+([A-Za-z0-9._~+/=-]{8,})", 0),
    ("HTTP credentials", r"(?i)\b(?:x-api-key|x-auth-token|private-token|job-token):\s*([A-Za-z0-9._~+/=-]{8,})", 0),
];

/// A secret that was found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found<'t> {
    /// What it is.
    pub(super) kind: &'static str,
    /// The secret itself; it goes no further than this.
    pub(super) secret: &'t str,
    /// How many of its first characters say only what it is.
    pub(super) public: usize,
}

/// The secrets of known shapes in a text.
pub(super) fn find(text: &str) -> Vec<Found<'_>> {
    // Tokens are ASCII; the tables of Unicode would be most of what there is to compile.
    static SET: LazyLock<Option<RegexSet>> =
        LazyLock::new(|| RegexSetBuilder::new(SHAPES.iter().map(|(_, form, _)| form)).unicode(false).build().ok());
    static EACH: LazyLock<Vec<OnceLock<Option<Regex>>>> =
        LazyLock::new(|| SHAPES.iter().map(|_| <_>::default()).collect());
    let mut all = Vec::new();
    for index in SET.iter().flat_map(|set| set.matches(text.as_bytes())) {
        let (Some((kind, form, public)), Some(compiled)) = (SHAPES.get(index), EACH.get(index)) else { continue };
        let Some(form) = compiled.get_or_init(|| ascii(form)) else { continue };
        let found = form.captures_iter(text.as_bytes()).filter_map(|captures| captures.get(1));
        let secrets = found.filter_map(|found| text.get(found.range()));
        let real = secrets.filter(|secret| *kind == "private key" || !made_up(secret.get(*public..).unwrap_or(secret)));
        all.extend(real.map(|secret| Found { kind, secret, public: *public }));
    }
    all
}

/// A form without the classes of Unicode.
fn ascii(form: &str) -> Option<Regex> {
    RegexBuilder::new(form).unicode(false).build().ok()
}

/// Whether what follows a token's beginning only stands for a token.
fn made_up(secret: &str) -> bool {
    let distinct: BTreeSet<char> = secret.chars().collect();
    value::stands_for_another(secret)
        || secret.to_ascii_uppercase().contains("EXAMPLE")
        || distinct.len() < 3 && secret.len() > 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_a_regular_expression() {
        for (kind, form, _) in SHAPES {
            let form = ascii(form).unwrap_or_else(|| panic!("{kind}: {form}"));
            assert_eq!(form.captures_len(), 2, "{kind}");
        }
    }
}
