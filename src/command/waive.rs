//! `plimsoll waive`: one more waiver in the site's file.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::sync::Arc;

use toml::Spanned;

use super::{Failure, library};
use crate::cli::WaiveArgs;
use crate::diagnostic::{Diagnostics, Source};
use crate::document;
use crate::waiver::{self, Waiver, WaiverFile};

pub(super) fn run(args: &WaiveArgs) -> Result<u8, Failure> {
    let library = library(&[])?;
    let before = if args.waivers.exists() { document::read(&args.waivers)?.text.to_string() } else { String::new() };
    let is_check = library.check(&args.what).is_some();
    let is_number = args.what.ends_with(|c: char| c.is_ascii_digit()) && args.what.contains('.');
    let text = |text: &String| Spanned::new(0..0, text.clone());
    let scope = |glob: &Option<String>| glob.as_ref().map(text);
    let one = Waiver {
        check: (is_check || !is_number).then(|| text(&args.what)),
        control: (!is_check && is_number).then(|| text(&args.what)),
        container: scope(&args.container),
        image: scope(&args.image),
        path: scope(&args.path),
        key: scope(&args.key),
        host: scope(&args.host),
        reason: text(&args.reason),
        owner: text(&args.owner),
        expires: text(&args.expires),
    };
    let added = toml::to_string(&WaiverFile { waiver: vec![one] }).map_err(|error| error.to_string())?;
    let gap = if before.is_empty() || before.ends_with("\n\n") { "" } else { "\n" };
    let end = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    let added = format!("{end}{gap}{added}");
    // The whole is held against what waivers have to be before a byte of it is written.
    let whole = Source::written(args.waivers.display().to_string(), format!("{before}{added}"));
    let mut faults = Diagnostics::default();
    waiver::load(&Arc::new(whole), &library, &mut faults);
    if !faults.is_empty() {
        return Err(faults.into());
    }
    let cannot = |error: io::Error| format!("cannot write {}: {error}", args.waivers.display());
    if let Some(directory) = args.waivers.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        fs::create_dir_all(directory).map_err(cannot)?;
    }
    let mut file = OpenOptions::new().create(true).append(true).open(&args.waivers).map_err(cannot)?;
    file.write_all(added.as_bytes()).map_err(cannot)?;
    writeln!(io::stdout(), "added to {}:\n{}", args.waivers.display(), added.trim())?;
    Ok(0)
}
