//! A manual page in the making: roff without its letters.

use roff::{Inline, Roff, bold, italic, roman};

/// Whose version the pages are of.
pub const RELEASE: &str = concat!("plimsoll ", env!("CARGO_PKG_VERSION"));
/// The book that the pages are of.
pub const MANUAL: &str = "Plimsoll";

/// Length from which a word may not fit into what a narrow terminal leaves of a line.
const LONG: usize = 48;

/// The day of the release, as the package's changelog has it.
pub fn date() -> String {
    let changelog = include_str!("../../contrib/debian/changelog");
    let time = changelog.lines().find_map(|line| line.strip_prefix(" -- ")?.split_once("  ")).map(|(_, time)| time);
    let time = jiff::fmt::rfc2822::parse(time.expect("a changelog's entry has a time")).expect("the time is a time");
    time.date().to_string()
}

/// A page of the manual.
pub struct Page {
    roff: Roff,
    /// Whether a heading was the last that was added: a paragraph begins there anyway.
    headed: bool,
}

impl Page {
    /// The page of this name and section, with what it is about in a few words.
    pub fn new(name: &str, section: &str, about: &str) -> Self {
        let mut page = Self { roff: Roff::new(), headed: false };
        page.roff.control("TH", [&*name.to_uppercase(), section, &date(), RELEASE, MANUAL]);
        page.unbroken();
        page.section("Name");
        page.roff.text([roman(format!("{name} - {about}"))]);
        page
    }

    /// Names of facts and places are long; stretched or hyphenated they are hard to read, and wrong when copied.
    fn unbroken(&mut self) {
        self.roff.control("ad", ["l"]).control("nh", []);
    }

    /// Begins a section.
    pub fn section(&mut self, title: &str) {
        self.roff.control("SH", [&*title.to_uppercase()]);
        self.headed = true;
    }

    /// Begins a part of a section.
    pub fn part(&mut self, title: &str) {
        self.roff.control("SS", [title]);
        self.headed = true;
    }

    /// A paragraph; what stands between backticks is code.
    pub fn paragraph(&mut self, text: &str) {
        if !std::mem::take(&mut self.headed) {
            self.roff.control("PP", []);
        }
        self.roff.text(prose(text));
    }

    /// Something and what is to be said of it.
    pub fn entry(&mut self, what: impl Into<Vec<Inline>>, text: &str) {
        self.headed = false;
        self.roff.control("TP", []).text(what).text(prose(text));
    }

    /// Another paragraph of the last entry.
    pub fn more(&mut self, text: &str) {
        self.roff.control("IP", []).text(prose(text));
    }

    /// A list inside the last entry, of short names and texts.
    pub fn list(&mut self, width: usize, items: &[(Inline, String)]) {
        self.roff.control("RS", []).control("PD", ["0"]);
        for (name, text) in items {
            self.roff.control("TP", [&*width.to_string()]).text([name.clone()]).text(prose(text));
        }
        self.roff.control("PD", []).control("RE", []);
    }

    /// A file's text as it is.
    pub fn example(&mut self, text: &str) {
        self.roff.control("PP", []).control("RS", ["4"]).control("EX", []);
        for line in text.trim_end().lines() {
            self.roff.text([roman(line)]);
        }
        self.roff.control("EE", []).control("RE", []);
        // An example's end brings hyphens back.
        self.unbroken();
    }

    /// Ends with other pages to read.
    pub fn see_also(&mut self, pages: &[(&str, u8)]) {
        self.roff.extend([see_also(pages)]);
    }

    /// The page as roff.
    pub fn render(&self) -> Vec<u8> {
        let text = self.roff.render();
        let mut example = false;
        let lines = text.lines().map(|line| {
            example = line == ".EX" || example && line != ".EE";
            if example || line.starts_with('.') { format!("{line}\n") } else { format!("{}\n", breakable(line)) }
        });
        lines.collect::<String>().into_bytes()
    }
}

/// A section that names other pages.
pub fn see_also(pages: &[(&str, u8)]) -> Roff {
    let comma = |index| if index == 0 { roman("") } else { roman(", ") };
    let page =
        |(index, (name, section)): (usize, &(&str, u8))| [comma(index), bold(*name), roman(format!("({section})"))];
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]).text(pages.iter().enumerate().flat_map(page).collect::<Vec<_>>());
    roff
}

/// A line of roff in which long words may end at their punctuation, without a hyphen: there they are conditions and names.
fn breakable(line: &str) -> String {
    let word = |word: &str| {
        if word.len() <= LONG {
            return word.to_owned();
        }
        let mut broken = String::new();
        for (at, letter) in word.char_indices() {
            broken.push(letter);
            // A bracket may be a part of roff's name for an apostrophe.
            if ",/._[|".contains(letter) || letter == '(' && !word[..at].ends_with('*') {
                broken.push_str("\\:");
            }
        }
        broken
    };
    line.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Words, with those between backticks as code.
pub fn prose(text: &str) -> Vec<Inline> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let parts = text.split('`').enumerate().filter(|(_, part)| !part.is_empty());
    parts.map(|(index, part)| if index % 2 == 1 { bold(part) } else { roman(part) }).collect()
}

/// A name with its type, as the head of an entry.
pub fn named(name: &str, of: &str) -> Vec<Inline> {
    vec![bold(name), roman("  "), italic(of)]
}
