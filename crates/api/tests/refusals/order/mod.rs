//! Which refusal comes first: for every two that one request can deserve, the one that the contract names earlier
//! (section 5 of the contract).
//!
//! Each operation has its refusals in order, each with what makes a request deserve it. Every pair of them is put
//! together, unless both need the same part of the request or of the campaign.

mod bindings;
mod campaigns;
mod every_operation;
mod jobs;
mod request;
