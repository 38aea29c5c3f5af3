use super::super::process::Reference;
use super::super::tree::Tree;
use super::*;

fn look(tree: &Tree) -> Apt {
    let system = tree.system();
    let view = View::observe(&system, &Reference::observe(&system, None));
    observe(&system, &view).value().unwrap().clone()
}

fn told(tree: &Tree) -> Vec<String> {
    let word = |r: &AptRepository| format!("{} {} {} {} {}", r.place, r.uri, r.suite, r.signed_by, r.verified);
    look(tree).repositories.value().unwrap().iter().map(word).collect()
}

#[test]
fn lists_have_a_line_each() {
    let tree = Tree::new();
    assert_eq!(told(&tree), [""; 0]);
    let lines = "# deb http://x y\ndeb http://user:secret@deb.example/debian bookworm main # c\n\
        deb-src [ arch=amd64 Signed-By=/k.gpg ] https://e/ s\ndeb [trusted=yes] file:/m ./\ndebx a b\ndeb [ a b\ndeb u\n";
    tree.file("etc/apt/sources.list", lines).file("etc/apt/sources.list.d/x.list.save", "deb http://no no\n");
    assert_eq!(
        told(&tree),
        [
            "/etc/apt/sources.list:2 http://deb.example/debian bookworm  true",
            "/etc/apt/sources.list:3 https://e/ s /k.gpg true",
            "/etc/apt/sources.list:4 file:/m ./  false",
        ]
    );
}

#[test]
fn paragraphs_stand_for_each_of_their_suites() {
    let tree = Tree::new();
    let text = "# top\nTypes: deb\nURIs: http://e/d\nSuites: a a-updates\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n\n\n\
        Types: deb\nURIs: http://f/\nSuites: b\nAllow-Insecure: YES\nsigned-by: /k.gpg\n\nURIs: http://g\nSuites: c\nEnabled: no\n";
    tree.file("etc/apt/sources.list.d/x.sources", text);
    let place = "/etc/apt/sources.list.d/x.sources";
    assert_eq!(
        told(&tree),
        [
            format!("{place}:10 http://f/ b /k.gpg false"),
            format!("{place}:2 http://e/d a a key in the file itself true"),
            format!("{place}:2 http://e/d a-updates a key in the file itself true"),
        ]
    );
    tree.link("etc/apt/sources.list", "sources.list");
    assert_eq!(look(&tree).repositories.gap().unwrap().kind, GapKind::Malformed);
}

#[test]
fn keys_and_ages_are_those_of_files() {
    let tree = Tree::new();
    let found = look(&tree);
    assert_eq!(found.lists_age_days.gap().unwrap().kind, GapKind::Missing);
    assert_eq!((found.upgrade_age_days.value(), found.common_keys.value().map(Vec::len)), (Some(&None), Some(0)));
    tree.file("var/lib/apt/lists/partial/x", "").file("var/lib/apt/periodic/upgrade-stamp", "");
    let old = SystemTime::now() - std::time::Duration::from_secs(9 * DAY + 60);
    let stamp = tree.system().real("/var/lib/apt/periodic/upgrade-stamp");
    fs::File::options().write(true).open(stamp).unwrap().set_modified(old).unwrap();
    tree.file("etc/apt/trusted.gpg", "")
        .file("etc/apt/trusted.gpg.d/a.asc", "")
        .file("etc/apt/trusted.gpg.d/b.txt", "");
    let found = look(&tree);
    assert_eq!((found.lists_age_days.value(), found.upgrade_age_days.value()), (Some(&0), Some(&Some(9))));
    assert_eq!(found.common_keys.value().unwrap(), &["/etc/apt/trusted.gpg.d/a.asc", "/etc/apt/trusted.gpg"]);
}
