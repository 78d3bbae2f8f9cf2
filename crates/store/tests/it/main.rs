//! The store with real files: stories, faults, the upgrade.
mod story;
