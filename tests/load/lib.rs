//! A load client: many clients at once, one connection per request.
//!
//! A server that is replaced while it serves must refuse nobody. Requests over a connection that stays
//! would not show that, so each request of these clients connects anew. A report has the number of
//! requests, the failed ones by kind, the answers by their text, and the latencies.

mod clients;
mod report;
mod request;

pub use self::clients::{Load, Plan};
pub use self::report::Report;
pub use self::request::{Failure, Target, get};
