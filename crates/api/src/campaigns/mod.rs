//! Routes of the campaigns: making drafts, reading and editing them, and asking what stands in their way.

mod archive;
mod audience;
mod body;
mod clone;
mod content;
mod create;
mod delete;
mod get;
mod issue;
mod list;
mod preflight;
mod schedule;
mod update;
mod view;

pub use issue::IssueDto;
pub use view::{ResolutionDto, ScheduleDto};

use crate::routes::{Route, route};
use postrider_core::preflight::Issue;
use postrider_core::scope::Scope;

/// The routes.
pub fn routes() -> Vec<Route> {
    vec![
        route!(POST, "/campaigns", Scope::CampaignsCreate, create::create),
        route!(GET, "/campaigns", Scope::CampaignsRead, list::list),
        route!(GET, "/campaigns/{id}", Scope::CampaignsRead, get::get),
        route!(PATCH, "/campaigns/{id}", Scope::CampaignsUpdate, update::update),
        route!(DELETE, "/campaigns/{id}", Scope::CampaignsDelete, delete::delete),
        route!(POST, "/campaigns/{id}/archive", Scope::CampaignsDelete, archive::archive),
        route!(POST, "/campaigns/{id}/clone", Scope::CampaignsCreate, clone::clone),
        route!(PUT, "/campaigns/{id}/audience", Scope::CampaignsUpdate, audience::put),
        route!(PUT, "/campaigns/{id}/content", Scope::CampaignsUpdate, content::put),
        route!(PUT, "/campaigns/{id}/schedule", Scope::CampaignsUpdate, schedule::put),
        route!(POST, "/campaigns/{id}/preflight", Scope::CampaignsRead, preflight::preflight),
    ]
}

/// A preflight issue where no campaign is at hand.
pub fn issue(issue: &Issue) -> IssueDto {
    IssueDto::of(issue, None)
}
