//! An image of the engine's list, and references to it: what a container asked for, against what the engine has now.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{days_since, wire};
use crate::facts::{Gap, GapKind, Image, Observed};

/// An image of the engine's list, of which nothing else is known yet.
pub(super) fn image(wire: wire::Image, now: Timestamp) -> Image {
    let untagged = |reference: &String| !reference.contains("<none>");
    let tags: Vec<String> = wire.repo_tags.into_iter().flatten().filter(untagged).collect();
    let digests: Vec<String> = wire.repo_digests.into_iter().flatten().filter(untagged).collect();
    let references = known_as(&wire.id, &tags, &digests);
    let name = tags.first().cloned().unwrap_or_else(|| wire.id.clone());
    Image {
        id: wire.id,
        name,
        repositories: references.clone().map(|all| repositories(&all)),
        references,
        bases: Observed::not_collected(),
        manifest_digests: unique(digests.iter().filter_map(|digest| Some(digest.split_once('@')?.1.to_owned()))),
        tags,
        digests,
        created: wire.created,
        age_days: age(wire.created, now),
        size_bytes: wire.size,
        in_use: Observed::not_collected(),
        inspect: Observed::not_collected(),
        history: Observed::not_collected(),
        secrets: Observed::not_collected(),
        set_id_files: Gap::not_deep().into(),
        packages: Gap::not_deep().into(),
        package_managers: Gap::not_deep().into(),
    }
}

/// Full names by which an image of the list was pulled or pushed; none when that is not known.
pub(super) fn references(wire: &wire::Image) -> Vec<String> {
    let names = |list: &Option<Vec<String>>| list.iter().flatten().cloned().collect::<Vec<_>>();
    known_as(&wire.id, &names(&wire.repo_tags), &names(&wire.repo_digests)).value().cloned().unwrap_or_default()
}

/// A name with its registry, as pulling completes it.
pub(super) fn full_name(name: &str) -> String {
    match name.split_once('/') {
        Some((registry, _)) if registry.contains(['.', ':']) || registry == "localhost" => name.to_owned(),
        Some(_) => format!("docker.io/{name}"),
        None => format!("docker.io/library/{name}"),
    }
}

/// Full names by which an image was pulled or pushed: its digests, and those of its tags that are in the same repositories.
fn known_as(id: &str, tags: &[String], digests: &[String]) -> Observed<Vec<String>> {
    let parts: Vec<(&str, &str)> = digests.iter().filter_map(|digest| digest.split_once('@')).collect();
    // The identifier is a digest of its own unless it is that of the manifest.
    if parts.iter().any(|(_, digest)| *digest == id) {
        return any_repository().into();
    }
    let of_tag = |tag: &&String| {
        let repository = tag.rsplit_once(':').map(|(repository, _)| repository);
        parts.iter().any(|(known, _)| Some(*known) == repository)
    };
    let alone = parts.iter().map(|(_, digest)| (*digest).to_owned());
    let full = digests.iter().chain(tags.iter().filter(of_tag)).map(|name| full_name(name));
    Observed::known(unique(full.chain(alone)))
}

fn any_repository() -> Gap {
    let detail =
        "GET /images/json: this image store gives a repository to images that were never pulled or pushed, too";
    Gap::new(GapKind::Unsupported, detail)
}

/// Takes back where an image came from: engines other than Docker give a repository to every image.
pub(super) fn without_origin(image: &mut Image) {
    image.repositories = any_repository().into();
    image.references = any_repository().into();
    image.bases = any_repository().into();
}

/// The repositories of full names; a digest alone has none.
fn repositories(references: &[String]) -> Vec<String> {
    unique(references.iter().filter_map(|name| Some(name.split_once('@')?.0.to_owned())))
}

fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    names.collect::<BTreeSet<String>>().into_iter().collect()
}

/// The first moment that is taken for the true date of a build: builds that have to come out alike every time are dated to the
/// beginning of 1970 or of 1980, or to no time at all.
const FIRST_DATE: i64 = 315_705_600;

fn age(created: i64, now: Timestamp) -> Observed<i64> {
    match Timestamp::from_second(created) {
        Ok(created) if created.as_second() >= FIRST_DATE => Observed::known(days_since(created, now)),
        Ok(_) => {
            Observed::unknown(GapKind::Unsupported, "the image was built without its date, so that it comes out alike")
        }
        Err(_) => Observed::unknown(GapKind::Malformed, format!("GET /images/json: Created: {created} is no time")),
    }
}

/// A reference, taken apart as the engine does.
enum Reference {
    /// By content: a digest, or the image's own identifier.
    Content,
    /// By name, with this tag; the name is as the engine lists it.
    Tagged { name: String, tag: String },
}

fn parse(reference: &str, id: &str) -> Reference {
    let hex = id.rsplit(':').next().unwrap_or(id);
    let bare = reference.strip_prefix("sha256:").unwrap_or(reference);
    // An identifier can be cut short; the engine takes any beginning that is unambiguous.
    let is_id = bare.len() >= 4 && bare.chars().all(|c| c.is_ascii_hexdigit()) && hex.starts_with(bare);
    if reference.contains('@') || is_id {
        return Reference::Content;
    }
    let (name, tag) = match reference.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (reference, "latest"),
    };
    let name = name.strip_prefix("docker.io/").or_else(|| name.strip_prefix("index.docker.io/")).unwrap_or(name);
    let name = name.strip_prefix("library/").unwrap_or(name);
    Reference::Tagged { name: name.to_owned(), tag: tag.to_owned() }
}

/// The tag of a container's reference; empty when it names content.
pub(super) fn tag(reference: &str, id: &str) -> String {
    match parse(reference, id) {
        Reference::Content => String::new(),
        Reference::Tagged { tag, .. } => tag,
    }
}

/// Whether the image that a container runs is the one that its reference names now.
pub(super) fn current(reference: &str, id: &str, images: &Observed<Vec<Image>>) -> Observed<bool> {
    let Reference::Tagged { name, tag } = parse(reference, id) else { return Observed::known(true) };
    let listed = format!("{name}:{tag}");
    match images {
        Observed::Unknown { gap, .. } if gap.kind == GapKind::NotCollected => Observed::not_collected(),
        Observed::Unknown { gap, .. } => gap.clone().into(),
        Observed::Known { value, .. } => {
            let now = value.iter().find(|image| image.tags.contains(&listed));
            Observed::known(now.is_some_and(|image| image.id == id))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_taken_apart_as_the_engine_does() {
        let id = "sha256:abcdef0123456789";
        for (reference, wanted) in [
            ("web", "latest"),
            ("web:1.2", "1.2"),
            ("registry:5000/web", "latest"),
            ("registry:5000/web:3", "3"),
            ("registry:5000/web@sha256:00", ""),
            ("web:1@sha256:00", ""),
            ("abcdef012345", ""),
            ("sha256:abcdef0123456789", ""),
            ("abc", "latest"),
            ("dead", "latest"),
        ] {
            assert_eq!(tag(reference, id), wanted, "{reference}");
        }
    }

    #[test]
    fn an_image_is_current_while_its_tag_names_it() {
        let image = |id: &str, tag: &str| {
            let tags = Some(vec![tag.to_owned()]);
            let listed = wire::Image { id: id.to_owned(), repo_tags: tags, repo_digests: None, created: 0, size: 0 };
            image(listed, Timestamp::UNIX_EPOCH)
        };
        let images = Observed::known(vec![image("a", "web:latest"), image("b", "web:2")]);
        let is = |reference: &str, id: &str| current(reference, id, &images).value().copied();
        assert_eq!(is("docker.io/library/web", "a"), Some(true));
        assert_eq!(is("web:2", "a"), Some(false));
        assert_eq!(is("gone:1", "a"), Some(false));
        assert_eq!(is("web@sha256:00", "zz"), Some(true));
        let unseen = Observed::unknown(GapKind::Denied, "closed");
        assert!(current("web", "a", &unseen).value().is_none());
    }

    #[test]
    fn an_age_is_counted_in_whole_days_unless_the_date_is_made_up() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let day = 24 * 60 * 60;
        for (ago, days) in [(0, 0), (day - 1, 0), (day, 1), (100 * day + 5, 100), (-day, 0)] {
            assert_eq!(age(now.as_second() - ago, now).value(), Some(&days), "{ago}");
        }
        for made_up in [0, 1, 315_532_800, 315_532_801, -62_135_596_800, i64::MAX, i64::MIN] {
            assert_eq!(age(made_up, now).value(), None, "{made_up}");
        }
    }

    #[test]
    fn an_image_is_known_by_where_it_was_pulled_from() {
        let of = |id: &str, tags: &[&str], digests: &[&str]| {
            let owned = |list: &[&str]| Some(list.iter().map(|one| (*one).to_owned()).collect());
            let listed = wire::Image {
                id: id.to_owned(),
                repo_tags: owned(tags),
                repo_digests: owned(digests),
                created: 0,
                size: 0,
            };
            image(listed, Timestamp::UNIX_EPOCH)
        };
        let pulled =
            of("sha256:1", &["debian:12", "lan.example:5000/x:1", "mine:1"], &["debian@sha256:2", "shop/app@sha256:3"]);
        assert_eq!(pulled.manifest_digests, ["sha256:2", "sha256:3"]);
        assert_eq!(pulled.repositories.value().unwrap(), &["docker.io/library/debian", "docker.io/shop/app"]);
        let references = [
            "docker.io/library/debian:12",
            "docker.io/library/debian@sha256:2",
            "docker.io/shop/app@sha256:3",
            "sha256:2",
            "sha256:3",
        ];
        assert_eq!(pulled.references.value().unwrap(), &references);
        let built = of("sha256:1", &["lan.example/x:1"], &[]);
        assert_eq!((built.repositories.value().unwrap().len(), built.references.value().unwrap().len()), (0, 0));
        // containerd's image store.
        let anything = of("sha256:2", &["lan.example/x:1"], &["lan.example/x@sha256:2"]);
        assert!(anything.repositories.value().is_none() && anything.references.value().is_none());
        for (name, full) in
            [("a", "docker.io/library/a"), ("a/b", "docker.io/a/b"), ("localhost/a", "localhost/a"), ("a.b/c", "a.b/c")]
        {
            assert_eq!(full_name(name), full);
        }
    }
}
