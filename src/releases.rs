//! Which releases of container engines are maintained: a table that is compiled in, with a date of its own.
//!
//! It is no fact of a machine. Checks read it as `releases.…`, as it is on the day of the collection; once it is older than a
//! site's policy allows, what it says is unknown.

use std::sync::LazyLock;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::facts::{Gap, GapKind, Observed};
use crate::types::Type;

/// The table as expressions read it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Releases {
    /// The lines of releases.
    #[schemars(extend("x-source" = "plimsoll's own table of releases"))]
    lines: Observed<Vec<Line>>,
}

/// One line of releases, on the day of the collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
struct Line {
    /// Whose it is, as the engine names its parts.
    component: String,
    /// What its versions begin with, such as `29.`.
    prefix: String,
    /// Whether its project maintains it.
    support: Support,
    /// The last day of its maintenance, as `2025-05-03`; empty when none is announced.
    ended: String,
    /// The first release without a flaw that the table knows of.
    fixed: String,
}

/// How a line is maintained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Support {
    /// By its project.
    Maintained,
    /// By those who need it longer than the project, as they see fit.
    Sponsored,
    /// No more.
    Ended,
}

/// The table as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    date: String,
    line: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    component: String,
    prefix: String,
    ended: Option<String>,
    #[serde(default)]
    sponsored: bool,
    fixed: Option<String>,
}

/// The type of `releases.…` in expressions.
pub(crate) fn table_type() -> &'static Type {
    static TYPE: LazyLock<Type> = LazyLock::new(Type::of::<Releases>);
    &TYPE
}

/// The table on a day, as expressions read it; a site lets it be `max_age` days old.
pub(crate) fn on(day: Date, max_age: i64) -> Value {
    let lines = table().and_then(|table| lines(&table, day, max_age)).into();
    serde_json::to_value(Releases { lines }).unwrap_or_default()
}

fn table() -> Result<Table, Gap> {
    let malformed = |error: toml::de::Error| Gap::new(GapKind::Malformed, format!("the table of releases: {error}"));
    toml::from_str(include_str!("releases.toml")).map_err(malformed)
}

fn lines(table: &Table, day: Date, max_age: i64) -> Result<Vec<Line>, Gap> {
    let date = |text: &str| {
        let malformed = |error| Gap::new(GapKind::Malformed, format!("the table of releases: {text}: {error}"));
        text.parse::<Date>().map_err(malformed)
    };
    let age = (day - date(&table.date)?).get_days();
    if i64::from(age) > max_age {
        let detail = format!(
            "the table of releases is of {} and so {age} days old; release_table_max_age_days of the policy is {max_age}",
            table.date
        );
        return Err(Gap::new(GapKind::Unsupported, detail));
    }
    let line = |entry: &Entry| {
        let past = entry.ended.as_deref().map(date).transpose()?.is_some_and(|ended| day > ended);
        let support = match (past, entry.sponsored) {
            (true, _) => Support::Ended,
            (false, true) => Support::Sponsored,
            (false, false) => Support::Maintained,
        };
        Ok(Line {
            component: entry.component.clone(),
            prefix: entry.prefix.clone(),
            support,
            ended: entry.ended.clone().unwrap_or_default(),
            fixed: entry.fixed.clone().unwrap_or_else(|| entry.prefix.trim_end_matches('.').to_owned()),
        })
    };
    table.line.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_line_ends_after_its_last_day() {
        let support = |on: &str| {
            let lines = lines(&table().unwrap(), day(on), 10_000).unwrap();
            let line = lines.iter().find(|line| line.component == "runc" && line.prefix == "1.3.").unwrap();
            line.support
        };
        assert_eq!(support("2026-10-31"), Support::Maintained);
        assert_eq!(support("2026-11-01"), Support::Ended);
    }

    #[test]
    fn a_table_that_is_too_old_says_so() {
        let table = table().unwrap();
        let date = day(&table.date);
        let on = |days: i64| date.checked_add(jiff::Span::new().days(days)).unwrap();
        assert!(lines(&table, on(180), 180).is_ok());
        // A clock that is behind does not make it old.
        assert!(lines(&table, on(-400), 180).is_ok());
        let gap = lines(&table, on(181), 180).unwrap_err();
        assert!(gap.detail.contains("181 days old") && gap.detail.contains(&table.date), "{gap}");
        assert!(lines(&table, Date::MAX, 180).is_err());
    }

    #[test]
    fn no_version_is_on_two_lines() {
        let table = table().unwrap();
        for (index, entry) in table.line.iter().enumerate() {
            assert!(entry.prefix.ends_with('.'), "{}", entry.prefix);
            assert!(["Engine", "containerd", "runc"].contains(&entry.component.as_str()), "{}", entry.component);
            assert!(entry.fixed.as_ref().is_none_or(|fixed| fixed.starts_with(&entry.prefix)), "{}", entry.prefix);
            let same = |other: &&Entry| other.component == entry.component && entry.prefix.starts_with(&other.prefix);
            assert_eq!(table.line.iter().filter(same).count(), 1, "{index} {}", entry.prefix);
        }
    }
}
