//! What a YAML scalar stands for: the API server's reading of YAML 1.1, not YAML 1.2's.
//!
//! The server's reader resolves a plain scalar by tables and by Go's number syntax; the result goes
//! through JSON before it is decoded, which is where a whole-valued float turns into a whole number
//! and where infinities are refused.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};

use super::{base64, float};
use crate::manifest::tree::Value;

/// A resolved scalar, before it becomes a value or a key.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar<'a> {
    Null,
    Bool(bool),
    Integer(i64),
    /// A whole number that fits 64 bits only without a sign: fine as a value, refused as a key.
    Unsigned(u64),
    Float(f64),
    Text(Cow<'a, str>),
}

/// The prefix of YAML's own tags, `!!` for short.
const CORE: &str = "tag:yaml.org,2002:";

/// The tag that makes any scalar `<<` a merge key.
pub(super) const MERGE_TAG: &str = "tag:yaml.org,2002:merge";

/// Resolves a scalar by its tag (in full), its style and its text.
///
/// # Errors
/// What was found instead, where an explicit tag does not fit the text.
pub(super) fn resolve<'a>(tag: Option<&str>, plain: bool, text: Cow<'a, str>) -> Result<Scalar<'a>, String> {
    let Some(tag) = tag else {
        return Ok(if plain { implicit(text) } else { Scalar::Text(text) });
    };
    let misfit = |found: &str, text: &str, tag: &str| {
        Err(format!("`{text}` reads as {found}, its tag `!!{tag}` asks for something else"))
    };
    // Tags of the user's own, `!` and unknown names all leave the text as it is.
    let Some(name) = tag.strip_prefix(CORE) else {
        return Ok(Scalar::Text(text));
    };
    match name {
        "bool" | "int" | "float" | "null" => {
            let scalar = implicit(text.clone());
            match (name, &scalar) {
                ("bool", Scalar::Bool(_))
                | ("int", Scalar::Integer(_) | Scalar::Unsigned(_))
                | ("float", Scalar::Float(_))
                | ("null", Scalar::Null) => Ok(scalar),
                ("float", Scalar::Integer(number)) => Ok(Scalar::Float(to_float(*number))),
                _ => misfit(scalar.kind(), &text, name),
            }
        }
        // Timestamps are checked and then kept as text.
        "timestamp" if !is_timestamp(&text) => misfit("text", &text, name),
        "binary" => match base64::decode(&text) {
            Some(bytes) => Ok(Scalar::Text(String::from_utf8_lossy(&bytes).into_owned().into())),
            None => Err(format!("`{text}` has the tag `!!binary` and is not base64")),
        },
        _ => Ok(Scalar::Text(text)),
    }
}

/// Resolves a plain scalar without a tag.
fn implicit(text: Cow<'_, str>) -> Scalar<'_> {
    if let Some(scalar) = word(&text) {
        return scalar;
    }
    let number = match text.as_bytes().first() {
        Some(b'.') => fraction(&text),
        Some(b'+' | b'-' | b'0'..=b'9') if text.contains('_') => number(&text.replace('_', "")),
        Some(b'+' | b'-' | b'0'..=b'9') => number(&text),
        _ => None,
    };
    number.unwrap_or(Scalar::Text(text))
}

/// Words with a meaning; case matters beyond the three spellings of each.
fn word(text: &str) -> Option<Scalar<'static>> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Scalar::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Scalar::Bool(false)
        }
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

/// A number that starts with a digit or a sign, its underscores gone.
fn number(text: &str) -> Option<Scalar<'static>> {
    integer(text).or_else(|| decimal(text).map(Scalar::Float)).or_else(|| {
        // What follows `0b` may, to the server, have a sign of its own.
        let digits = text.strip_prefix("0b")?;
        i64::from_str_radix(digits, 2).ok().map(Scalar::Integer)
    })
}

/// A whole number in Go's syntax: `0x`, `0o` or just `0` for octal, `0b`.
fn integer(text: &str) -> Option<Scalar<'static>> {
    let (sign, unsigned) = match text.as_bytes().first() {
        Some(b'-') => (Some(true), text.get(1..)?),
        Some(b'+') => (Some(false), text.get(1..)?),
        _ => (None, text),
    };
    let (radix, digits) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (16, unsigned.get(2..)?),
        [b'0', b'o' | b'O', _, ..] => (8, unsigned.get(2..)?),
        [b'0', b'b' | b'B', _, ..] => (2, unsigned.get(2..)?),
        [b'0', _, ..] => (8, unsigned.get(1..)?),
        _ => (10, unsigned),
    };
    // `from_str_radix` takes a sign of its own, which must not follow a prefix.
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    match (i64::try_from(magnitude), sign) {
        (Ok(number), Some(true)) => Some(Scalar::Integer(number.wrapping_neg())),
        (Ok(number), _) => Some(Scalar::Integer(number)),
        (Err(_), Some(true)) => 0_i64.checked_sub_unsigned(magnitude).map(Scalar::Integer),
        (Err(_), None) => Some(Scalar::Unsigned(magnitude)),
        (Err(_), Some(false)) => None,
    }
}

/// A decimal number with a fraction or an exponent; none where it is too great to hold.
fn decimal(text: &str) -> Option<f64> {
    float::parse(text).filter(|number| number.is_finite())
}

/// A number that starts with its point; underscores may stand between digits only.
fn fraction(text: &str) -> Option<Scalar<'static>> {
    let mut before = b'.';
    for byte in text.bytes().chain([b'.']) {
        if (byte == b'_' && !before.is_ascii_digit()) || (before == b'_' && !byte.is_ascii_digit()) {
            return None;
        }
        before = byte;
    }
    decimal(&text.replace('_', "")).map(Scalar::Float)
}

/// Whether a text is a date, with or without a time, as far as its date goes.
fn is_timestamp(text: &str) -> bool {
    let date = text.split(['T', 't', ' ']).next().unwrap_or_default();
    let mut parts = date.split('-');
    let mut part = |lengths: core::ops::RangeInclusive<usize>, most: u16| {
        parts.next().is_some_and(|part| {
            lengths.contains(&part.len())
                && part.bytes().all(|byte| byte.is_ascii_digit())
                && part.parse().is_ok_and(|number: u16| number <= most)
        })
    };
    part(4..=4, 9999) && part(1..=2, 12) && part(1..=2, 31) && parts.next().is_none()
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "the server rounds to the nearest float, as this conversion does"
)]
fn to_float(number: i64) -> f64 {
    number as f64
}

/// The value of a float after its way through JSON; none where JSON has no such number.
///
/// A whole number below 10²¹ is written without point or exponent, so it decodes as a whole number.
pub(super) fn float_value(number: f64) -> Option<Value> {
    if !number.is_finite() {
        return None;
    }
    if number.abs() < 1e21 && number % 1.0 == 0.0 {
        // Through text, as on the server: exact, and free of a conversion that could wrap.
        return format!("{number:.0}").parse().ok().map(Value::Integer);
    }
    Some(Value::Float(number))
}

/// A float as a key: Go's `%g` of the nearest 32-bit float, infinities in YAML's spelling.
pub(super) fn float_key(number: f64) -> String {
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "the server rounds keys to 32 bits"
    )]
    let number = number as f32;
    if number.is_nan() {
        return ".nan".to_string();
    }
    if number.is_infinite() {
        return if number > 0.0 { ".inf" } else { "-.inf" }.to_string();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if exponent < -4 => format!("{digits}e-{:02}", exponent.unsigned_abs()),
        Ok(exponent) if exponent >= 6 => format!("{digits}e+{exponent:02}"),
        _ => format!("{number}"),
    }
}

impl Scalar<'_> {
    /// The scalar as a value; none where it is a number that JSON cannot hold.
    pub(super) fn into_value(self) -> Option<Value> {
        Some(match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Integer(number) => Value::Integer(number.into()),
            Self::Unsigned(number) => Value::Integer(number.into()),
            Self::Float(number) => return float_value(number),
            Self::Text(text) => Value::String(text.into_owned()),
        })
    }

    /// The scalar as a key; none where the server refuses it as one.
    pub(super) fn into_key(self) -> Option<String> {
        Some(match self {
            Self::Null | Self::Unsigned(_) => return None,
            Self::Bool(value) => value.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Float(number) => float_key(number),
            Self::Text(text) => text.into_owned(),
        })
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) | Self::Unsigned(_) => "a whole number",
            Self::Float(_) => "a float",
            Self::Text(_) => "text",
        }
    }
}
