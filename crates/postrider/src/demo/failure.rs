//! Why the demonstration ended early, in one sentence.

use crate::api_client::CallError;
use crate::cli::{Failure, Trouble};
use std::fmt;

/// What went wrong.
#[derive(Debug)]
pub enum DemoError {
    /// A request was refused or had no answer.
    Call(CallError),
    /// An answer lacks what the API promises: which request, and what.
    Shape(String, &'static str),
    /// The machine refused something: what was tried, and why not.
    Machine(&'static str, String),
    /// Sending stopped: why.
    Stopped(String),
    /// The accounts do not agree: how.
    Unbalanced(String),
}

impl fmt::Display for DemoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => write!(f, "{error}"),
            Self::Shape(line, what) => write!(f, "{line}: the answer has no {what}."),
            Self::Machine(tried, why) => write!(f, "Cannot {tried}: {why}."),
            Self::Stopped(why) => write!(f, "The campaign did not finish: {why}."),
            Self::Unbalanced(how) => write!(f, "The accounts do not balance: {how}."),
        }
    }
}

impl std::error::Error for DemoError {}

impl From<CallError> for DemoError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        Self::of(Trouble::Failed, error.to_string())
    }
}
