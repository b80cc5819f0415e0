//! How signals reach the loop: caught and counted in signal context, collected between two turns.

pub(crate) mod deadline;
pub(crate) mod pending;
pub(crate) mod queue;
