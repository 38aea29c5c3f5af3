//! What the engine's words on an image mean: its history's instructions, what they ask of package managers, who its user is.

mod history;
mod instruction;
mod package_manager;
mod secret;
mod user;

pub(super) use history::steps;
pub(super) use secret::{secrets, secrets_of_service};
pub(super) use user::uid;
