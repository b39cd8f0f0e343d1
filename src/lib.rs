//! Portico builds a portal group (网站群): many sites, one content repository, one run. `docs/architecture.md` is the map.

pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod digest;
pub mod media;
pub mod model;
pub mod output;
pub mod pipeline;
pub mod plan;
#[cfg(feature = "serve")]
pub mod preview;
pub mod publish;
pub mod render;
pub mod report;
#[cfg(feature = "search")]
pub mod search;
#[cfg(feature = "sidecar")]
pub mod sidecar;
pub mod source;
pub mod starter;
