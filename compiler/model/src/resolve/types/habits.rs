//! Types of other languages, and what they are here.

/// The type that was meant, and a remark where it is not all that there is to say.
pub(super) struct Meant {
    pub(super) text: String,
    pub(super) words: &'static str,
}

/// Returns what a name in small letters means, with the numbers in brackets behind it.
pub(super) fn meant(name: &str, size: &str) -> Option<Meant> {
    let sized = |ours: &str, otherwise: &str| {
        if size.is_empty() { otherwise.to_owned() } else { format!("{ours}({size})") }
    };
    let (text, words) = match name {
        "string" | "str" | "varchar" | "varchar2" | "nvarchar" | "citext" => (sized("text", "text"), ""),
        "char" | "nchar" | "bpchar" => (sized("char", "text"), ""),
        "tinytext" | "mediumtext" | "longtext" | "clob" | "symbol" => ("text".to_owned(), ""),
        "integer" | "int4" | "i32" | "int32" | "u16" | "uint16" | "mediumint" => ("int".to_owned(), ""),
        "int8" | "i64" | "int64" | "long" | "u32" | "uint32" => ("bigint".to_owned(), ""),
        "u64" | "uint64" | "usize" => ("bigint".to_owned(), "there is none without a sign: `min 0`"),
        "uint" | "unsigned" => ("int min 0".to_owned(), ""),
        "int2" | "i16" | "int16" | "short" | "u8" | "i8" | "byte" | "tinyint" => ("smallint".to_owned(), ""),
        "serial" | "serial4" => ("int = identity()".to_owned(), ""),
        "bigserial" | "serial8" => ("bigint = identity()".to_owned(), ""),
        "smallserial" => ("smallint = identity()".to_owned(), ""),
        "boolean" | "bit" => ("bool".to_owned(), ""),
        "double" | "real" | "f64" | "f32" | "float4" | "float8" | "float32" | "float64" => {
            ("float".to_owned(), "")
        }
        "number" => (
            "decimal(18, 2)".to_owned(),
            "or `int` where it has no fraction, or `float` where it need not be exact",
        ),
        "numeric" | "dec" => (sized("decimal", "decimal(18, 2)"), ""),
        "money" | "bigdecimal" => ("decimal(18, 2)".to_owned(), ""),
        "datetime" | "timestamptz" | "instant" | "datetime2" | "datetimeoffset" => {
            ("timestamp".to_owned(), "")
        }
        "timetz" => ("time".to_owned(), ""),
        "jsonb" | "object" | "any" | "unknown" | "variant" => ("json".to_owned(), ""),
        "blob" | "bytea" | "binary" | "varbinary" | "buffer" | "longblob" => ("bytes".to_owned(), ""),
        "point" | "geometry" | "geography" => ("geo.point".to_owned(), ""),
        "uri" => ("url".to_owned(), ""),
        "guid" | "uniqueidentifier" | "uuid4" => ("uuid".to_owned(), ""),
        "objectid" => ("object_id".to_owned(), ""),
        "ip" | "cidr" | "ipaddress" => ("inet".to_owned(), ""),
        "duration" | "timedelta" => ("interval".to_owned(), ""),
        // `Date`, `Text`, `Int` and so on: scalars in another spelling.
        "date" | "text" | "int" | "bool" | "uuid" | "json" | "float" | "bytes" | "time" | "timestamp"
        | "email" | "bigint" | "smallint" | "inet" | "interval" => (name.to_owned(), ""),
        "decimal" => (sized("decimal", "decimal(18, 2)"), ""),
        _ => return None,
    };
    Some(Meant { text, words })
}
