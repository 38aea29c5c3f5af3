//! Where a report goes: to standard output, and into files.

use std::env;
use std::io::{self, BufWriter, IsTerminal, Write};

use rustix::termios::tcgetwinsize;

use crate::cli::{Color, Format, Output, OutputArgs};
use crate::output::Replacement;
use crate::report::text::Style;
use crate::report::{
    Report, csv, docker_bench, html, json, junit, kube_bench, markdown, ocsf, oscal, prometheus, sarif, text, xccdf,
};

/// Columns of text that no terminal shows.
const PLAIN_WIDTH: u16 = 120;
/// Bytes of a report that are written at once.
const BUFFER: usize = 64 << 10;
/// The fewest columns in which a report can be read.
const LEAST_WIDTH: u16 = 60;

/// A file that will have the report.
pub(super) struct Destination {
    format: Format,
    file: Replacement,
}

impl Destination {
    /// Opens all that were asked for, so that what cannot be written is told before anything is looked at.
    pub(super) fn open_all(outputs: &[Output]) -> Result<Vec<Self>, Vec<String>> {
        let (mut opened, mut faults): (Vec<Self>, Vec<String>) = (Vec::new(), Vec::new());
        for Output { format, path } in outputs {
            if opened.iter().any(|other| other.file.path() == path) {
                faults.push(format!("cannot write {} twice", path.display()));
                continue;
            }
            let mode = if *format == Format::Prometheus { 0o644 } else { 0o640 };
            match Replacement::at(path, mode) {
                Ok(file) => opened.push(Self { format: *format, file }),
                Err(why) => faults.push(format!("cannot write {}: {why}", path.display())),
            }
        }
        if faults.is_empty() { Ok(opened) } else { Err(faults) }
    }

    /// Writes the report into all of them, each whole or not at all.
    pub(super) fn save_all(destinations: Vec<Self>, report: &Report, verbose: bool) -> Result<(), Vec<String>> {
        let save = |destination: Self| {
            let path = destination.file.path().to_owned();
            destination.save(report, verbose).err().map(|error| format!("cannot write {}: {error}", path.display()))
        };
        let faults: Vec<String> = destinations.into_iter().filter_map(save).collect();
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn save(self, report: &Report, verbose: bool) -> io::Result<()> {
        let mut out = BufWriter::with_capacity(BUFFER, self.file.file());
        write(report, self.format, Style { width: PLAIN_WIDTH, colour: false, verbose }, &mut out)?;
        out.flush()?;
        drop(out);
        self.file.save()
    }
}

/// Prints the report.
pub(super) fn print(report: &Report, args: &OutputArgs) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER, io::stdout().lock());
    write(report, args.format, Style { verbose: args.verbose, ..style(args.color) }, &mut out)?;
    out.flush()
}

fn write(report: &Report, format: Format, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text::write(report, style, out),
        Format::Json => json::write(report, out),
        Format::Html => html::write(report, out),
        Format::Markdown => markdown::write(report, out),
        Format::Csv => csv::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Oscal => oscal::write(report, out),
        Format::Xccdf => xccdf::write(report, out),
        Format::Ocsf => ocsf::write(report, out),
        Format::Prometheus => prometheus::write(report, out),
        Format::DockerBench => docker_bench::write(report, out),
        Format::KubeBench => kube_bench::write(report, out),
    }
}

/// Columns of the terminal.
pub(super) fn width() -> u16 {
    // Through a pager the report still ends up on the terminal of the person.
    let size = tcgetwinsize(io::stdout()).or_else(|_| tcgetwinsize(io::stderr()));
    size.ok().map(|size| size.ws_col).filter(|columns| *columns > 0).unwrap_or(PLAIN_WIDTH).max(LEAST_WIDTH)
}

pub(super) fn style(color: Color) -> Style {
    let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || env::var_os("TERM").is_some_and(|term| term == "dumb");
    let colour = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => io::stdout().is_terminal() && !plain,
    };
    Style { width: width(), colour, verbose: false }
}
