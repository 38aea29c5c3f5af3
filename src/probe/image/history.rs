//! From an image's history to steps, and to what other images it was built on.

use super::instruction::Instruction;
use super::package_manager;
use crate::facts::{Step, StepKind};
use crate::probe::shell_line;

/// The steps of a history that is told first step first; `inherited` of them are those of another image.
pub(crate) fn steps(created_by: &[impl AsRef<str>], inherited: usize) -> Vec<Step> {
    let steps = created_by.iter().enumerate().map(|(index, text)| {
        let instruction = Instruction::read(text.as_ref());
        let (lone_updates, unverified) = asked(&instruction);
        Step {
            number: i64::try_from(index).unwrap_or(i64::MAX).saturating_add(1),
            kind: kind(&instruction, index == 0),
            inherited: index < inherited,
            lone_updates,
            unverified,
        }
    });
    steps.collect()
}

/// What a step asks of package managers: updates alone, and what is not verified.
fn asked(instruction: &Instruction<'_>) -> (Vec<String>, Vec<String>) {
    match instruction {
        Instruction::Run { arguments, command } => {
            let commands = shell_line::commands(command);
            let mut unverified = package_manager::unverified(&commands);
            unverified.extend(arguments.iter().filter_map(|(name, value)| package_manager::setting(name, value)));
            (package_manager::lone_updates(&commands), unverified)
        }
        Instruction::Setting { word: "ENV" | "ARG", rest } => {
            let pairs = super::instruction::pairs(rest).into_iter();
            (Vec::new(), pairs.filter_map(|(name, value)| package_manager::setting(name, value)).collect())
        }
        _ => (Vec::new(), Vec::new()),
    }
}

fn kind(instruction: &Instruction<'_>, first: bool) -> StepKind {
    match instruction {
        Instruction::Untold if first => StepKind::Root,
        Instruction::Untold => StepKind::Untold,
        Instruction::Add(rest) => match (remote(rest), first && fills_root(rest)) {
            (true, _) => StepKind::AddRemote,
            (false, true) => StepKind::Root,
            (false, false) => StepKind::Add,
        },
        Instruction::Copy(_) => StepKind::Copy,
        Instruction::Run { .. } => StepKind::Run,
        Instruction::Setting { .. } => StepKind::Setting,
    }
}

/// The words of ADD or COPY that are no options: sources, and the destination as the last.
pub(super) fn files(rest: &str) -> Vec<&str> {
    rest.split_ascii_whitespace().skip_while(|word| word.starts_with("--")).collect()
}

/// BuildKit writes addresses as they are; the classic builder writes a bare digest for what it fetched.
fn remote(rest: &str) -> bool {
    let files = files(rest);
    let sources = files.split_last().map_or(&[][..], |(_, sources)| sources);
    let address = |word: &str| ["http://", "https://", "git://", "ssh://", "git@"].iter().any(|s| word.starts_with(s));
    let digest = |word: &str| word.len() == 64 && word.chars().all(|c| c.is_ascii_hexdigit());
    sources.iter().any(|source| address(source) || digest(source))
}

fn fills_root(rest: &str) -> bool {
    files(rest).last() == Some(&"/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(history: &[&str]) -> Vec<StepKind> {
        steps(history, 0).into_iter().map(|step| step.kind).collect()
    }

    #[test]
    fn steps_are_of_their_kinds() {
        use StepKind::{Add, AddRemote, Copy, Root, Run, Setting, Untold};
        let digest = "a".repeat(64);
        assert_eq!(
            kinds(&["/bin/sh -c #(nop) ADD file:3c2e in / ", "/bin/sh -c #(nop)  CMD [\"sh\"]"]),
            [Root, Setting]
        );
        assert_eq!(kinds(&["ADD rootfs.tar.xz / # buildkit", "ADD more.tar / # buildkit"]), [Root, Add]);
        assert_eq!(kinds(&["ADD https://a.example/x.tar / # buildkit"]), [AddRemote]);
        assert_eq!(kinds(&["", "", "ADD --chown=1:1 a b /c/ # buildkit"]), [Root, Untold, Add]);
        assert_eq!(kinds(&["ADD file:3c2e in /x", "ADD --checksum=x https://a.example/x /x"]), [Add, AddRemote]);
        assert_eq!(kinds(&["x", &format!("/bin/sh -c #(nop) ADD {digest} in /x ")]), [Run, AddRemote]);
        assert_eq!(
            kinds(&["COPY https://x /y # buildkit", "ENV ADD=x", "/bin/sh -c echo ADD x /"]),
            [Copy, Setting, Run]
        );
        assert_eq!(kinds(&["ADD", "ADD  "]), [Add, Add]);
    }

    #[test]
    fn a_step_tells_its_number_and_whether_it_is_its_own() {
        let steps = steps(&["", "/bin/sh -c apt-get update", "ENV PIP_TRUSTED_HOST=x"], 2);
        assert_eq!(
            steps.iter().map(|step| (step.number, step.inherited)).collect::<Vec<_>>(),
            [(1, true), (2, true), (3, false)]
        );
        assert_eq!(steps[1].lone_updates, ["apt-get update"]);
        assert_eq!(steps[2].unverified, ["PIP_TRUSTED_HOST=…"]);
    }
}
