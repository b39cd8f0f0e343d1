//! The sidecar: a web service beside the static sites, in which citizens write to a *desk* (窗口) and the office answers, and vendors bid.
//!
//! In: desks from `sites/desks/`, letters, what officers do. Out: cases in its own database, notices, and content files for whatever
//! becomes public, which the next build shows. It is one more editor: it knows front matter and the theme renderer, not the generator. It also asks the
//! search index for whoever looks for something.

pub mod accounts;
pub mod album;
pub mod auction;
pub mod audit;
pub mod bidding;
pub mod bulletin;
pub mod case;
pub mod casework;
pub mod certification;
pub mod configuration;
pub mod delivery;
pub mod desk;
pub mod directory;
pub mod finding;
pub mod import;
pub mod letter;
pub mod live;
pub mod masking;
pub mod notices;
pub mod numbers;
pub mod pace;
pub mod password;
pub mod procurement;
pub mod seal;
pub mod searches;
pub mod service;
pub mod sign_on;
pub mod store;
pub mod upload;
pub mod vendor;
pub mod web;
mod words;
