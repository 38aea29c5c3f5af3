//! The pages of the verbs, made from the command line.

use std::collections::BTreeMap;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use plimsoll::cli::Cli;

use crate::page::{self, MANUAL, RELEASE};

/// Every page with its name.
pub fn pages() -> BTreeMap<String, Vec<u8>> {
    let mut pages = BTreeMap::new();
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    add(command, &mut pages);
    pages
}

fn add(command: Command, pages: &mut BTreeMap<String, Vec<u8>>) {
    command.get_subcommands().for_each(|verb| add(verb.clone(), pages));
    let man = Man::new(command);
    let file = man.get_filename();
    let name = file.trim_end_matches(".1");
    let man = man.title(name.to_uppercase()).date(page::date()).source(RELEASE).manual(MANUAL);
    let mut text = Vec::new();
    man.render(&mut text).expect("memory can be written");
    let text = String::from_utf8(text).expect("roff is text");
    // clap calls all that follows the help extra; here it is the exit status, and manuals have a name for that. Two breaks are
    // one too many.
    let text = text.replace(".SH EXTRA", ".SH \"EXIT STATUS\"").replace(".br\n\n.br\n", ".sp\n");
    let text: String = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    pages.insert(file.clone(), format!("{text}{}", see_also(name)).into_bytes());
}

/// What else to read.
fn see_also(name: &str) -> String {
    let others: &[(&str, u8)] = match name {
        "plimsoll" => &[("plimsoll-checks", 7), ("plimsoll-facts", 7), ("plimsoll-policy", 5), ("plimsoll-waivers", 5)],
        "plimsoll-audit" | "plimsoll-record" => &[("plimsoll", 1), ("plimsoll-policy", 5), ("plimsoll-waivers", 5)],
        "plimsoll-waive" => &[("plimsoll", 1), ("plimsoll-waivers", 5)],
        "plimsoll-collect" | "plimsoll-plan" => &[("plimsoll", 1), ("plimsoll-facts", 7)],
        name if name == "plimsoll-lint" || name.starts_with("plimsoll-checks") => {
            &[("plimsoll", 1), ("plimsoll-checks", 7), ("plimsoll-facts", 7)]
        }
        _ => &[("plimsoll", 1)],
    };
    page::see_also(others).to_roff()
}
