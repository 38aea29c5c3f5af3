//! System call tables: the same number is another call on another architecture.

use syscalls::{aarch64, x86, x86_64};

use crate::facts::{Gap, GapKind};
use crate::probe::{System, packages};

/// An architecture whose system calls are known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Arch {
    X86_64,
    I386,
    Aarch64,
}

/// The architectures that programs of a machine are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Machine {
    /// The kernel's own.
    pub(super) native: Arch,
    /// The narrower one that audit knows beside it.
    pub(super) other: Option<Arch>,
}

impl Arch {
    /// Every one.
    pub(super) const ALL: [Self; 3] = [Self::X86_64, Self::I386, Self::Aarch64];

    /// Its number in rules and records (`AUDIT_ARCH_…` of include/uapi/linux/audit.h).
    pub(super) const fn code(self) -> u32 {
        match self {
            Self::X86_64 => 0xC000_003E,
            Self::I386 => 0x4000_0003,
            Self::Aarch64 => 0xC000_00B7,
        }
    }

    /// The architecture of a number.
    pub(super) fn of_code(code: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|arch| arch.code() == code)
    }

    /// How wide it is, as rules spell it.
    pub(super) const fn bits(self) -> &'static str {
        match self {
            Self::X86_64 | Self::Aarch64 => "b64",
            Self::I386 => "b32",
        }
    }

    /// The number of a system call.
    pub(super) fn number(self, name: &str) -> Option<u32> {
        let id = match self {
            Self::X86_64 => name.parse::<x86_64::Sysno>().map(|call| call.id()),
            Self::I386 => name.parse::<x86::Sysno>().map(|call| call.id()),
            Self::Aarch64 => name.parse::<aarch64::Sysno>().map(|call| call.id()),
        };
        id.ok().and_then(|id| u32::try_from(id).ok())
    }

    /// Whether any architecture has a system call.
    pub(super) fn any_has(name: &str) -> bool {
        Self::ALL.iter().any(|arch| arch.number(name).is_some())
    }

    /// The name of a system call; its number for one that is newer than the table.
    pub(super) fn name(self, number: u32) -> String {
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        let name = match self {
            Self::X86_64 => x86_64::Sysno::new(index).map(|call| call.name()),
            Self::I386 => x86::Sysno::new(index).map(|call| call.name()),
            Self::Aarch64 => aarch64::Sysno::new(index).map(|call| call.name()),
        };
        name.map_or_else(|| number.to_string(), str::to_owned)
    }
}

impl Machine {
    /// The one that this runs on.
    pub(super) fn this() -> Result<Self, Gap> {
        Self::of(&rustix::system::uname().machine().to_string_lossy())
    }

    /// The one that a file tree was installed for, by the architecture of dpkg itself.
    pub(super) fn of_packages(system: &System) -> Result<Self, Gap> {
        let name = packages::architecture(system)?;
        match name.as_str() {
            "amd64" => Self::of("x86_64"),
            "arm64" => Self::of("aarch64"),
            // Others may be for a kernel that is wider than they are.
            _ => {
                Err(Gap::new(GapKind::Unsupported, format!("which system calls a machine of {name} has is not known")))
            }
        }
    }

    /// The machine that uname(2) calls by a name.
    pub(super) fn of(name: &str) -> Result<Self, Gap> {
        match name {
            "x86_64" => Ok(Self { native: Arch::X86_64, other: Some(Arch::I386) }),
            // auditctl has no system calls of 32 bits on this one.
            "aarch64" => Ok(Self { native: Arch::Aarch64, other: None }),
            "i386" | "i486" | "i586" | "i686" => Ok(Self { native: Arch::I386, other: None }),
            _ => Err(Gap::new(GapKind::Unsupported, format!("the system calls of {name} are not known here"))),
        }
    }

    /// Every architecture, the native one first.
    pub(super) fn arches(self) -> impl Iterator<Item = Arch> {
        std::iter::once(self.native).chain(self.other)
    }

    /// The architecture that a rule names: `b64`, `b32`, or as uname(2) does.
    pub(super) fn named(self, name: &str) -> Option<Arch> {
        let name = name.to_ascii_lowercase();
        let same = |arch: &Arch| match name.as_str() {
            "x86_64" => *arch == Arch::X86_64,
            "i386" | "i486" | "i586" | "i686" => *arch == Arch::I386,
            "aarch64" => *arch == Arch::Aarch64,
            bits => arch.bits() == bits,
        };
        self.arches().find(same)
    }
}
