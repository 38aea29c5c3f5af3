//! What a line of a stack does with what its module returns.

use std::collections::BTreeMap;

/// What comes of a return value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Action {
    Ignore,
    Ok,
    Done,
    Bad,
    Die,
    Reset,
    /// So many lines are left out.
    Jump(usize),
}

/// The actions of a line by return value, such as `success` and `auth_err`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Control {
    actions: BTreeMap<String, Action>,
    default: Action,
}

impl Control {
    /// The control of a line that PAM could not read.
    pub(super) const FAILING: Self = Self { actions: BTreeMap::new(), default: Action::Bad };

    /// A line's control, a word or the inside of its brackets; nothing for one that PAM does not know.
    pub(super) fn parse(written: &str) -> Option<Self> {
        let (success, ignore, default) = match written.to_ascii_lowercase().as_str() {
            "required" => (Action::Ok, Action::Ignore, Action::Bad),
            "requisite" => (Action::Ok, Action::Ignore, Action::Die),
            "optional" => (Action::Ok, Action::Ignore, Action::Ignore),
            "sufficient" => (Action::Done, Action::Ignore, Action::Ignore),
            _ => return Self::bracketed(written.strip_prefix('[')?.strip_suffix(']')?),
        };
        let named = [("success", success), ("new_authtok_reqd", success), ("ignore", ignore)];
        Some(Self { actions: named.into_iter().map(|(name, action)| (name.to_owned(), action)).collect(), default })
    }

    fn bracketed(written: &str) -> Option<Self> {
        let mut control = Self { actions: BTreeMap::new(), default: Action::Bad };
        for pair in written.split_whitespace() {
            let (name, action) = pair.split_once('=')?;
            let action = match action {
                "ignore" => Action::Ignore,
                "ok" => Action::Ok,
                "done" => Action::Done,
                "bad" => Action::Bad,
                "die" => Action::Die,
                "reset" => Action::Reset,
                number => Action::Jump(number.parse().ok().filter(|number| *number > 0)?),
            };
            match name {
                "default" => control.default = action,
                name => drop(control.actions.insert(name.to_owned(), action)),
            }
        }
        Some(control)
    }

    /// What comes of a return value.
    pub(super) fn action(&self, returned: &str) -> Action {
        self.actions.get(returned).copied().unwrap_or(self.default)
    }

    /// Return values that lead to different things, those of success and of failure apart.
    pub(super) fn kinds(&self) -> Vec<String> {
        let mut found: BTreeMap<(bool, bool, Action), String> = BTreeMap::new();
        let usual = ["success", "auth_err", "ignore"].into_iter().map(str::to_owned);
        // A password that has to be changed is a success as well, unless something else comes of it.
        let same = |name: &String| name == "new_authtok_reqd" && self.action(name) == self.action("success");
        for name in usual.chain(self.actions.keys().filter(|name| !same(name)).cloned()) {
            let key = (name == "success", name == "ignore", self.action(&name));
            found.entry(key).or_insert(name);
        }
        found.into_values().collect()
    }
}
