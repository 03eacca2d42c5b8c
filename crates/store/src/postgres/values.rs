//! Values and rows of PostgreSQL.

use super::failure;
use crate::error::StoreError;
use crate::value::{Row, Value};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

pub(super) fn read_row(row: &tokio_postgres::Row) -> Result<Row, StoreError> {
    let columns = row.columns().iter().enumerate();
    columns.map(|(index, column)| read_value(row, index, column.type_())).collect::<Result<_, _>>().map(Row::new)
}

fn read_value(row: &tokio_postgres::Row, index: usize, kind: &Type) -> Result<Value, StoreError> {
    fn read<'r, T: FromSql<'r> + Into<Value>>(row: &'r tokio_postgres::Row, index: usize) -> Result<Value, StoreError> {
        let value: Option<T> = row.try_get(index).map_err(|error| failure(&error))?;
        Ok(value.into())
    }
    match *kind {
        Type::INT8 => read::<i64>(row, index),
        Type::INT4 => {
            let value: Option<i32> = row.try_get(index).map_err(|error| failure(&error))?;
            Ok(value.map(i64::from).into())
        }
        Type::BOOL => read::<bool>(row, index),
        Type::FLOAT8 => read::<f64>(row, index),
        Type::UUID => read::<uuid::Uuid>(row, index),
        Type::BYTEA => read::<Vec<u8>>(row, index),
        _ => read::<String>(row, index),
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut bytes::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(v) if *kind == Type::INT4 => i32::try_from(*v)?.to_sql(kind, out),
            Self::Int(v) => v.to_sql(kind, out),
            Self::Bool(v) => v.to_sql(kind, out),
            Self::Real(v) => v.to_sql(kind, out),
            Self::Text(v) => v.to_sql(kind, out),
            Self::Blob(v) => v.to_sql(kind, out),
            Self::Uuid(v) => v.to_sql(kind, out),
            Self::Texts(v) => v.to_sql(kind, out),
        }
    }

    fn accepts(_kind: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
