//! The fields of audit rules: their numbers in the kernel (include/uapi/linux/audit.h) and their names in auditctl.

use std::fmt;
use std::ops::RangeInclusive;

/// What a field is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct What(pub(super) u32);

impl What {
    pub(super) const LOGINUID: Self = Self(9);
    pub(super) const ARCH: Self = Self(11);
    pub(super) const MSGTYPE: Self = Self(12);
    pub(super) const LOGINUID_SET: Self = Self(24);
    pub(super) const SESSIONID: Self = Self(25);
    pub(super) const FSTYPE: Self = Self(26);
    pub(super) const EXIT: Self = Self(103);
    pub(super) const SUCCESS: Self = Self(104);
    pub(super) const WATCH: Self = Self(105);
    pub(super) const PERM: Self = Self(106);
    pub(super) const DIR: Self = Self(107);
    pub(super) const FILETYPE: Self = Self(108);
    pub(super) const COMPARE: Self = Self(111);
    pub(super) const EXE: Self = Self(112);
    pub(super) const KEY: Self = Self(210);

    /// The field that auditctl calls by a name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = if name == "loginuid" { "auid" } else { name };
        NAMES.iter().find(|(_, known)| *known == name).map(|(number, _)| Self(*number))
    }

    /// Its name; a field that is newer than the table has none.
    pub(super) fn name(self) -> Option<&'static str> {
        NAMES.iter().find(|(number, _)| *number == self.0).map(|(_, name)| *name)
    }

    /// Whether its value is text.
    pub(super) const fn is_text(self) -> bool {
        matches!(self.0, 13..=17 | 19..=23 | 105 | 107 | 112 | 210)
    }

    /// Whether its value is a user.
    pub(super) const fn is_user(self) -> bool {
        matches!(self.0, 1..=4 | 9 | 109)
    }

    /// Whether its value is a group.
    pub(super) const fn is_group(self) -> bool {
        matches!(self.0, 5..=8 | 110)
    }

    /// Whether it is an argument of the system call.
    pub(super) const fn is_argument(self) -> bool {
        matches!(self.0, 200..=203)
    }
}

const NAMES: &[(u32, &str)] = &[
    (0, "pid"),
    (1, "uid"),
    (2, "euid"),
    (3, "suid"),
    (4, "fsuid"),
    (5, "gid"),
    (6, "egid"),
    (7, "sgid"),
    (8, "fsgid"),
    (9, "auid"),
    (10, "pers"),
    (11, "arch"),
    (12, "msgtype"),
    (13, "subj_user"),
    (14, "subj_role"),
    (15, "subj_type"),
    (16, "subj_sen"),
    (17, "subj_clr"),
    (18, "ppid"),
    (19, "obj_user"),
    (20, "obj_role"),
    (21, "obj_type"),
    (22, "obj_lev_low"),
    (23, "obj_lev_high"),
    (24, "loginuid_set"),
    (25, "sessionid"),
    (26, "fstype"),
    (100, "devmajor"),
    (101, "devminor"),
    (102, "inode"),
    (103, "exit"),
    (104, "success"),
    (105, "path"),
    (106, "perm"),
    (107, "dir"),
    (108, "filetype"),
    (109, "obj_uid"),
    (110, "obj_gid"),
    (111, "field_compare"),
    (112, "exe"),
    (113, "saddr_fam"),
    (200, "a0"),
    (201, "a1"),
    (202, "a2"),
    (203, "a3"),
    (210, "key"),
];

/// Pairs of fields that `-C` compares, by their number in the kernel.
const COMPARISONS: &[(u32, &str, &str)] = &[
    (1, "uid", "obj_uid"),
    (2, "gid", "obj_gid"),
    (3, "euid", "obj_uid"),
    (4, "egid", "obj_gid"),
    (5, "auid", "obj_uid"),
    (6, "suid", "obj_uid"),
    (7, "sgid", "obj_gid"),
    (8, "fsuid", "obj_uid"),
    (9, "fsgid", "obj_gid"),
    (10, "uid", "auid"),
    (11, "uid", "euid"),
    (12, "uid", "fsuid"),
    (13, "uid", "suid"),
    (14, "auid", "fsuid"),
    (15, "auid", "suid"),
    (16, "auid", "euid"),
    (17, "euid", "suid"),
    (18, "euid", "fsuid"),
    (19, "suid", "fsuid"),
    (20, "gid", "egid"),
    (21, "gid", "fsgid"),
    (22, "gid", "sgid"),
    (23, "egid", "fsgid"),
    (24, "egid", "sgid"),
    (25, "sgid", "fsgid"),
];

/// The number of a comparison of two fields, in either order.
pub(super) fn comparison(left: &str, right: &str) -> Option<u32> {
    let same = |(_, a, b): &&(u32, &str, &str)| (*a == left && *b == right) || (*a == right && *b == left);
    COMPARISONS.iter().find(same).map(|(number, ..)| *number)
}

/// How a field is compared with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Op {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    BitMask,
    BitTest,
}

impl Op {
    /// Each with its spelling and its bits in the kernel, in the order in which auditctl looks for them.
    pub(super) const ALL: [(&str, u32, Self); 8] = [
        ("!=", 0x3000_0000, Self::NotEqual),
        (">=", 0x6000_0000, Self::GreaterOrEqual),
        ("<=", 0x5000_0000, Self::LessOrEqual),
        ("&=", 0x4800_0000, Self::BitTest),
        ("=", 0x4000_0000, Self::Equal),
        (">", 0x2000_0000, Self::Greater),
        ("<", 0x1000_0000, Self::Less),
        ("&", 0x0800_0000, Self::BitMask),
    ];

    fn spelling(self) -> &'static str {
        Self::ALL.iter().find(|(.., op)| *op == self).map_or("?", |(spelling, ..)| spelling)
    }

    /// The operator of a kernel's bits.
    pub(super) fn of_bits(bits: u32) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == bits).map(|(.., op)| *op)
    }

    /// The numbers that fulfil it, where they are ranges.
    fn numbers(self, value: u32) -> Option<Vec<RangeInclusive<u32>>> {
        let (below, above) = (value.checked_sub(1), value.checked_add(1));
        let to = |end: Option<u32>| end.map(|end| 0..=end);
        let from = |start: Option<u32>| start.map(|start| start..=u32::MAX);
        let ranges = match self {
            Self::Equal => vec![Some(value..=value)],
            Self::NotEqual => vec![to(below), from(above)],
            Self::Less => vec![to(below)],
            Self::LessOrEqual => vec![Some(0..=value)],
            Self::Greater => vec![from(above)],
            Self::GreaterOrEqual => vec![Some(value..=u32::MAX)],
            Self::BitMask | Self::BitTest => return None,
        };
        Some(ranges.into_iter().flatten().collect())
    }
}

/// A field's value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    Number(u32),
    Text(String),
}

/// One condition of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Field {
    pub(super) what: What,
    pub(super) op: Op,
    pub(super) value: Value,
}

/// How far something of which some conditions are known to hold fulfils another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// Never.
    Never,
    /// Perhaps, or a part of it.
    Partly,
    /// Always.
    Always,
}

/// The login uid of whoever has never logged in.
const UNSET: u32 = u32::MAX;

impl Field {
    pub(super) const fn number(what: What, op: Op, value: u32) -> Self {
        Self { what, op, value: Value::Number(value) }
    }

    /// The same condition in the one spelling that others are compared with.
    pub(super) fn normal(&self) -> Self {
        match (self.what, self.op, &self.value) {
            (What::LOGINUID_SET, Op::Equal | Op::NotEqual, Value::Number(value)) => {
                let set = (*value != 0) == (self.op == Op::Equal);
                Self::number(What::LOGINUID, if set { Op::NotEqual } else { Op::Equal }, UNSET)
            }
            (What::WATCH | What::DIR, _, Value::Text(path)) if path.len() > 1 => {
                Self { value: Value::Text(path.trim_end_matches('/').to_owned()), ..self.clone() }
            }
            _ => self.clone(),
        }
    }

    /// How far what fulfils the given conditions fulfils this one.
    pub(super) fn fits(&self, given: &[Self]) -> Fit {
        let wanted = self.normal();
        let same: Vec<Self> = given.iter().map(Self::normal).filter(|field| field.what == wanted.what).collect();
        if same.contains(&wanted) {
            return Fit::Always;
        }
        match wanted.value {
            Value::Number(value) if wanted.what != What::COMPARE => {
                let Some(wanted_numbers) = wanted.op.numbers(value) else { return Fit::Partly };
                // A negative result is the number of an error.
                let failed =
                    |field: &Self| field.what == What::EXIT && field.op == Op::Equal && is_negative(&field.value);
                if wanted.what == What::SUCCESS && given.iter().any(failed) {
                    let fails = wanted_numbers.iter().any(|range| range.contains(&0));
                    return if fails { Fit::Always } else { Fit::Never };
                }
                let mut known = vec![0..=u32::MAX];
                for field in &same {
                    if let Value::Number(value) = field.value
                        && let Some(numbers) = field.op.numbers(value)
                    {
                        known = intersection(&known, &numbers);
                    }
                }
                let both = intersection(&known, &wanted_numbers);
                match both.is_empty() {
                    true => Fit::Never,
                    false if both == known => Fit::Always,
                    false => Fit::Partly,
                }
            }
            _ => {
                // Of one thing only one text, and only one outcome of a comparison, is right.
                let excluded = same.iter().any(|field| match (field.op, wanted.op) {
                    (Op::Equal, Op::Equal) => matches!(wanted.value, Value::Text(_)) && field.value != wanted.value,
                    (Op::Equal, Op::NotEqual) | (Op::NotEqual, Op::Equal) => field.value == wanted.value,
                    _ => false,
                });
                if excluded { Fit::Never } else { Fit::Partly }
            }
        }
    }
}

const fn is_negative(value: &Value) -> bool {
    matches!(value, Value::Number(number) if number.cast_signed() < 0)
}

fn intersection(left: &[RangeInclusive<u32>], right: &[RangeInclusive<u32>]) -> Vec<RangeInclusive<u32>> {
    let pairs = left.iter().flat_map(|a| right.iter().map(move |b| (a, b)));
    let overlaps = pairs.map(|(a, b)| *a.start().max(b.start())..=*a.end().min(b.end()));
    overlaps.filter(|range| !range.is_empty()).collect()
}

/// Letters of the accesses of a permission field, in their own order.
pub(super) fn letters(mask: u32) -> String {
    ACCESSES.iter().filter(|(bit, _)| mask & bit != 0).map(|(_, letter)| *letter).collect()
}

/// Accesses by their bit, in the order in which auditctl writes them.
pub(super) const ACCESSES: [(u32, char); 4] = [(4, 'r'), (2, 'w'), (1, 'x'), (8, 'a')];

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let op = self.op.spelling();
        if self.what == What::COMPARE
            && let Value::Number(number) = self.value
            && let Some((_, left, right)) = COMPARISONS.iter().find(|(known, ..)| *known == number)
        {
            return write!(f, "-C {left}{op}{right}");
        }
        match self.what.name() {
            Some(name) => write!(f, "-F {name}{op}")?,
            None => write!(f, "-F field {}{op}", self.what.0)?,
        }
        match &self.value {
            Value::Text(text) => f.write_str(text),
            Value::Number(number) => self.write_number(f, *number),
        }
    }
}

impl Field {
    fn write_number(&self, f: &mut fmt::Formatter<'_>, number: u32) -> fmt::Result {
        match self.what {
            What::PERM => f.write_str(&letters(number)),
            What::ARCH => match super::arch::Arch::of_code(number) {
                Some(arch) => f.write_str(arch.bits()),
                None => write!(f, "{number:#x}"),
            },
            What::EXIT => match super::names::errno_name(number.cast_signed()) {
                Some(name) => f.write_str(&name),
                None => write!(f, "{}", number.cast_signed()),
            },
            What::MSGTYPE => match super::names::record_name(number) {
                Some(name) => f.write_str(name),
                None => write!(f, "{number}"),
            },
            What::FILETYPE => f.write_str(super::names::file_type_name(number).unwrap_or("?")),
            What::FSTYPE => write!(f, "{number:#x}"),
            what if what.is_argument() => write!(f, "{number:#x}"),
            what if (what.is_user() || what == What::SESSIONID) && number == UNSET => f.write_str("unset"),
            _ => write!(f, "{number}"),
        }
    }
}

#[cfg(test)]
mod tests;
