//! `GET /lists` and `GET /lists/{id}`

use super::ListDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::{Query, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use postrider_service::lists::{PAGE_MAX, PAGE_SIZE_MAX, Page};
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of lists, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListsDto {
    items: Vec<ListDto>,
    page: i64,
    page_size: i64,
    total: i64,
}

/// Reads `page` and `pageSize`, and refuses anything else.
pub fn page(mut query: Query) -> Result<Page, ApiError> {
    let number = query.number("page", 1, PAGE_MAX)?;
    let size = query.number("pageSize", 1, PAGE_SIZE_MAX)?;
    query.end()?;
    Ok(Page::new(number, size))
}

/// Lists, newest first.
#[utoipa::path(get, path = "/public/v1/lists", operation_id = "listLists", tag = "Lists",
    params(("page" = Option<i64>, Query), ("pageSize" = Option<i64>, Query)),
    responses((status = 200, body = ListsDto)))]
pub async fn get_lists(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    query: Query,
) -> Result<Answer, ApiError> {
    let lists = service.lists(&actor, page(query)?).await?;
    Ok(Answer::ok(&ListsDto {
        items: lists.items.iter().map(ListDto::from).collect(),
        page: lists.page.number,
        page_size: lists.page.size,
        total: lists.total,
    }))
}

/// One list.
#[utoipa::path(get, path = "/public/v1/lists/{id}", operation_id = "getList",
    tag = "Lists", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = ListDto)))]
pub async fn get_list(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let list = service.list(&actor, path_id(&id)).await?;
    Ok(Answer::ok(&ListDto::from(&list)))
}
