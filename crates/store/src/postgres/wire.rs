//! Values on their way to the server.
use crate::engine::Param;
use bytes::BytesMut;
use keys::TextKey;
use std::error::Error;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

/// A parameter as the server gets it: numbers as they are, bytes as they are (they are ids, hashes and ciphertext), texts sealed.
#[derive(Debug)]
pub(super) enum Value {
    Null,
    Int(i64),
    Bytes(Vec<u8>),
}

impl Value {
    pub fn of(param: &Param<'_>, key: &TextKey) -> Self {
        match *param {
            Param::Null => Self::Null,
            Param::Int(number) => Self::Int(number),
            Param::Text(text) => Self::Bytes(key.seal(text)),
            Param::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
        }
    }
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self, kind) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Int(number), &Type::INT8) => number.to_sql(kind, out),
            (Self::Bytes(bytes), &Type::BYTEA) => bytes.as_slice().to_sql(kind, out),
            _ => Err(format!("a value does not fit the type {kind}").into()),
        }
    }
    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::BYTEA)
    }
    to_sql_checked!();
}
