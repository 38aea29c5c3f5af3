//! Secrets that are known by their shape, whatever they are called.

use std::collections::BTreeSet;
use std::sync::{LazyLock, OnceLock};

use regex::bytes::{Regex, RegexBuilder};

use super::value;

/// A shape: what it is, its form with the secret itself in the first group, how many of its first characters are no secret, and the
/// words, in small letters, of which one is in whatever has it: most texts have none, and a form takes longer to compile than to match.
type Shape = (&'static str, &'static str, usize, &'static [&'static str]);

const SHAPES: &[Shape] = &[
    ("private key", r"(-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----)", 11, &["private key"]),
    ("AWS access key", r"\b((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})\b", 4, &["akia", "asia", "abia", "acca"]),
    ("GitHub token", r"\b(gh[pousr]_[A-Za-z0-9]{36,255})\b", 4, &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"]),
    ("GitHub token", r"\b(github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})\b", 11, &["github_pat_"]),
    (
        "GitLab token",
        r"\b(gl(?:pat|dt|rt|cbt|ptt|ft|oas|agent|soat)-[A-Za-z0-9_-]{20,})",
        6,
        &["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "gloas-", "glagent-", "glsoat-"],
    ),
    ("Slack token", r"\b(xox[abeoprs]-[A-Za-z0-9-]{10,})", 5, &["xox"]),
    ("Slack token", r"\b(xapp-[0-9]-[A-Za-z0-9-]{20,})", 5, &["xapp-"]),
    ("Slack webhook", r"hooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9/]{20,})", 0, &["hooks.slack.com/"]),
    ("Google API key", r"\b(AIza[A-Za-z0-9_-]{35})", 4, &["aiza"]),
    ("Google client secret", r"\b(GOCSPX-[A-Za-z0-9_-]{28})", 7, &["gocspx-"]),
    ("JSON web token", r"\b(eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})", 3, &["eyj"]),
    ("Stripe key", r"\b([sr]k_(?:live|test)_[A-Za-z0-9]{16,})\b", 8, &["k_live_", "k_test_"]),
    ("npm token", r"\b(npm_[A-Za-z0-9]{36})\b", 4, &["npm_"]),
    ("PyPI token", r"\b(pypi-AgE[A-Za-z0-9_-]{50,})", 5, &["pypi-age"]),
    ("Docker Hub token", r"\b(dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,})", 9, &["dckr_"]),
    ("DigitalOcean token", r"\b(do[opr]_v1_[a-f0-9]{64})\b", 7, &["_v1_"]),
    ("SendGrid key", r"\b(SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})", 3, &["sg."]),
    ("HashiCorp Vault token", r"\b(hv[sbr]\.[A-Za-z0-9_-]{24,})", 4, &["hvs.", "hvb.", "hvr."]),
    ("Anthropic key", r"\b(sk-ant-[A-Za-z0-9_-]{32,})", 7, &["sk-ant-"]),
    ("OpenAI key", r"\b(sk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{16,}T3BlbkFJ[A-Za-z0-9_-]{16,})", 3, &["t3blbkfj"]),
    ("Hugging Face token", r"\b(hf_[A-Za-z]{34})\b", 3, &["hf_"]),
    ("age key", r"\b(AGE-SECRET-KEY-1[A-Z0-9]{58})\b", 16, &["age-secret-key-1"]),
    ("Azure storage key", r"(?i)\bAccountKey=([A-Za-z0-9+/]{86}==)", 0, &["accountkey="]),
    (
        "password in a connection string",
        r"(?i)\b[a-z][a-z0-9+.-]*://[^/\s:@'\x22]*:([^@/\s'\x22]+)@[^\s'\x22]",
        0,
        &["://"],
    ),
    (
        "password in a connection string",
        r"(?i)\b(?:server|data source|host|user id|uid)=[^;]+;(?:[^;]+;)*\s*(?:password|pwd)=([^;\s'\x22]+)",
        0,
        &["pwd=", "password="],
    ),
    (
        "HTTP credentials",
        r"(?i)\bauthorization:\s*(?:bearer|basic|token)\s+([A-Za-z0-9._~+/=-]{8,})",
        0,
        &["authorization:"],
    ),
    (
        "HTTP credentials",
        r"(?i)\b(?:x-api-key|x-auth-token|private-token|job-token):\s*([A-Za-z0-9._~+/=-]{8,})",
        0,
        &["x-api-key:", "x-auth-token:", "private-token:", "job-token:"],
    ),
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
    static FORMS: LazyLock<Vec<OnceLock<Option<Regex>>>> =
        LazyLock::new(|| SHAPES.iter().map(|_| <_>::default()).collect());
    let (mut all, small) = (Vec::new(), text.to_ascii_lowercase());
    let likely = |((.., words), _): &(&Shape, _)| words.iter().any(|word| small.contains(word));
    for ((kind, form, public, _), compiled) in SHAPES.iter().zip(&*FORMS).filter(likely) {
        let Some(form) = compiled.get_or_init(|| ascii(form)) else { continue };
        let found = form.captures_iter(text.as_bytes()).filter_map(|captures| captures.get(1));
        let secrets = found.filter_map(|found| text.get(found.range()));
        let real = secrets.filter(|secret| *kind == "private key" || !made_up(secret.get(*public..).unwrap_or(secret)));
        all.extend(real.map(|secret| Found { kind, secret, public: *public }));
    }
    all
}

/// A form without the classes of Unicode: tokens are ASCII, and the tables would be most of what there is to compile.
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
        for (kind, form, ..) in SHAPES {
            let form = ascii(form).unwrap_or_else(|| panic!("{kind}: {form}"));
            assert_eq!(form.captures_len(), 2, "{kind}");
        }
    }
}
