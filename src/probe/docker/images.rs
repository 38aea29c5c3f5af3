//! Every image of the engine: the list, completed by what the engine tells of each.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;

use super::client::{Client, digest};
use super::{CONCURRENCY, image, short, wanted, wire};
use crate::facts::{Gap, GapKind, Image, ImageInspect, Observed, Secret, Step};
use crate::plan::Plan;
use crate::probe::image::{secrets, steps, uid};
use crate::probe::layers::Directories;

/// What is asked of each image besides the list.
#[derive(Clone, Copy, Debug)]
struct Calls {
    inspect: bool,
    history: bool,
    secrets: bool,
}

impl Calls {
    fn of(plan: &Plan) -> Self {
        let wants = |fields: &[&str]| fields.iter().any(|field| plan.wants(&format!("images.{field}")));
        let history = wants(&["history", "secrets"]);
        // Which steps are another image's is told by the layers that the two share.
        let described = wants(&["user", "user_uid", "healthcheck", "env", "labels", "layers", "os", "bases"]);
        let inspect = history || described || wants(&["set_id_files", "packages", "package_managers"]);
        Self { inspect, history, secrets: wants(&["secrets"]) }
    }
}

/// An image with the engine's answers about it.
struct Told {
    listed: wire::Image,
    inspect: Result<wire::ImageInspect, Gap>,
    /// The first step first.
    history: Result<Vec<wire::ImageStep>, Gap>,
}

/// What the engine told of its images.
#[derive(Debug, Default)]
pub(super) struct Images {
    pub(super) images: Vec<Image>,
    /// The directories of their layers, by identifier.
    pub(super) directories: BTreeMap<String, Directories>,
    /// What happened on the way.
    pub(super) notices: Vec<String>,
}

/// Asks for every image; `used` are the identifiers of those that containers use.
pub(super) async fn ask(client: &Client, plan: &Plan, used: Result<BTreeSet<String>, Gap>) -> Result<Images, Gap> {
    let list = client.images().await?;
    let calls = Calls::of(plan);
    let mut told: Vec<Told> =
        stream::iter(list).map(|listed| of_one(client, calls, listed)).buffer_unordered(CONCURRENCY).collect().await;
    told.sort_by(|a, b| a.listed.id.cmp(&b.listed.id));
    let mut notices = Vec::new();
    told.retain(|one| {
        let gone = matches!(&one.inspect, Err(gap) if gap.kind == GapKind::Gone);
        if gone {
            notices.push(format!("image {} was removed while the audit ran", short(digest(&one.listed.id))));
        }
        !gone
    });
    let now = Timestamp::now();
    let derived: Vec<Derived> = told.iter().map(|one| Derived::of(one, &told, calls)).collect();
    let complete = |(one, derived): (Told, Derived)| Image {
        in_use: used.as_ref().map(|used| used.contains(digest(&one.listed.id))).map_err(Gap::clone).into(),
        inspect: one.inspect.map(inspect).into(),
        bases: derived.bases,
        history: derived.history,
        secrets: derived.secrets,
        ..image::image(one.listed, now)
    };
    let directories = told.iter().map(|one| (one.listed.id.clone(), one.directories())).collect();
    Ok(Images { images: told.into_iter().zip(derived).map(complete).collect(), directories, notices })
}

/// What is told of an image by several answers, and by those about other images.
struct Derived {
    bases: Observed<Vec<String>>,
    history: Observed<Vec<Step>>,
    secrets: Observed<Vec<Secret>>,
}

impl Derived {
    fn of(one: &Told, all: &[Told], calls: Calls) -> Self {
        let secrets = if calls.secrets { secrets_of(one) } else { Observed::not_collected() };
        let bases = if calls.inspect { bases(one, all) } else { Observed::not_collected() };
        Self { bases, history: history(one, all), secrets }
    }
}

impl Told {
    /// The layers, the lowest first; none when they are not known.
    fn layers(&self) -> &[String] {
        let layers = self.inspect.as_ref().ok().and_then(|inspect| inspect.root_fs.layers.as_deref());
        layers.unwrap_or_default()
    }

    fn directories(&self) -> Directories {
        let inspect = self.inspect.as_ref().map_err(Gap::clone)?;
        wire::GraphDriver::directories(inspect.graph_driver.as_ref())
    }
}

async fn of_one(client: &Client, calls: Calls, listed: wire::Image) -> Told {
    let (inspect, history) = futures_util::join!(
        wanted(calls.inspect, client.image(&listed.id)),
        wanted(calls.history, client.history(&listed.id)),
    );
    let history = history.map(|mut steps| {
        steps.reverse();
        steps
    });
    Told { listed, inspect, history }
}

/// The identifiers of the images that containers use.
pub(super) fn used(list: &Result<Vec<wire::ListedContainer>, Gap>) -> Result<BTreeSet<String>, Gap> {
    let untold = || Gap::new(GapKind::Malformed, "GET /containers/json: a container without ImageID");
    let id = |listed: &wire::ListedContainer| {
        listed.image_id.as_deref().filter(|id| !id.is_empty()).map(|id| digest(id).to_owned()).ok_or_else(untold)
    };
    list.as_ref().map_err(Gap::clone)?.iter().map(id).collect()
}

fn inspect(wire: wire::ImageInspect) -> ImageInspect {
    let user = wire.config.user.unwrap_or_default();
    let name = |variable: String| variable.split('=').next().unwrap_or_default().to_owned();
    ImageInspect {
        user_uid: uid(&user),
        user,
        healthcheck: wire::Healthcheck::defined(wire.config.healthcheck.as_ref()),
        env: wire.config.env.into_iter().flatten().map(name).collect(),
        labels: wire.config.labels.into_iter().flatten().map(|(name, _)| name).collect(),
        layers: wire.root_fs.layers.unwrap_or_default(),
        os: wire.os.unwrap_or_default(),
    }
}

fn history(of: &Told, all: &[Told]) -> Observed<Vec<Step>> {
    let history = match &of.history {
        Ok(history) => history,
        Err(gap) => return gap.clone().into(),
    };
    let lengths = all.iter().filter_map(|other| inherited(of, other));
    let words: Vec<&str> = history.iter().map(|step| step.created_by.as_str()).collect();
    Observed::known(steps(&words, lengths.max().unwrap_or(0)))
}

/// Labels by which an image names what it was built on.
const BASE_LABELS: [&str; 2] = ["org.opencontainers.image.base.name", "org.opencontainers.image.base.digest"];

fn bases(of: &Told, all: &[Told]) -> Observed<Vec<String>> {
    let inspect = match &of.inspect {
        Ok(inspect) => inspect,
        Err(gap) => return gap.clone().into(),
    };
    let own = of.layers();
    let lower = |other: &&Told| {
        let lower = other.layers();
        !lower.is_empty() && lower.len() < own.len() && own.starts_with(lower)
    };
    let references = all.iter().filter(lower).flat_map(|other| image::references(&other.listed));
    let labelled = BASE_LABELS.iter().filter_map(|label| inspect.config.labels.as_ref()?.get(*label));
    let named = labelled.map(|name| if name.starts_with("sha256:") { name.clone() } else { image::full_name(name) });
    let mut bases: Vec<String> = references.chain(named).collect();
    bases.sort();
    bases.dedup();
    Observed::known(bases)
}

fn secrets_of(told: &Told) -> Observed<Vec<Secret>> {
    let (inspect, history) = match (&told.inspect, &told.history) {
        (Ok(inspect), Ok(history)) => (inspect, history),
        (Err(gap), _) | (_, Err(gap)) => return gap.clone().into(),
    };
    let variables = inspect.config.env.iter().flatten().map(String::as_str);
    let labels = inspect.config.labels.iter().flatten().map(|(name, value)| (name.as_str(), value.as_str()));
    Observed::known(secrets(variables, labels, history.iter().map(|step| step.created_by.as_str())))
}

/// The number of steps that an image has from another: that one's layers are the lowest of its own, and its steps the first.
fn inherited(of: &Told, other: &Told) -> Option<usize> {
    let (own, base) = (of.history.as_ref().ok()?, other.history.as_ref().ok()?);
    let above = base.len() < own.len() && own.iter().zip(base).all(|(own, base)| own == base);
    let lowest = above && !other.layers().is_empty() && of.layers().starts_with(other.layers());
    lowest.then_some(base.len())
}
