//! Image references: what a container asked for, against what the engine has now.

use super::wire;
use crate::facts::{GapKind, Image, Observed};

/// An image of the engine's list.
pub(super) fn image(wire: wire::Image) -> Image {
    let untagged = |reference: &String| !reference.contains("<none>");
    let tags: Vec<String> = wire.repo_tags.into_iter().flatten().filter(untagged).collect();
    let digests = wire.repo_digests.into_iter().flatten().filter(untagged).collect();
    let name = tags.first().cloned().unwrap_or_else(|| wire.id.clone());
    Image { id: wire.id, name, tags, digests, created: wire.created, size_bytes: wire.size }
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
        let image = |id: &str, tag: &str| Image {
            id: id.to_owned(),
            name: tag.to_owned(),
            tags: vec![tag.to_owned()],
            digests: Vec::new(),
            created: 0,
            size_bytes: 0,
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
}
