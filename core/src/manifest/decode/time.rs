//! RFC 3339 times as the API server reads and writes them.

use alloc::format;
use alloc::string::String;

/// A time in the form that the API server stores: UTC, whole seconds, so that texts compare as times.
///
/// Nothing when the text is no RFC 3339 time, or leaves the years 0 to 9999 in UTC.
pub(super) fn normalize(text: &str) -> Option<String> {
    let (date, rest) = text.split_once('T')?;
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = digits(parts.next()?, 2).filter(|month| (1..=12).contains(month))?;
    let day = digits(parts.next()?, 2).filter(|day| (1..=days_in_month(year, month)).contains(day))?;
    if parts.next().is_some() {
        return None;
    }
    let zone_at = rest.find(['Z', '+', '-'])?;
    let (clock, zone) = rest.split_at_checked(zone_at)?;
    let (clock, fraction) = clock.split_once('.').map_or((clock, None), |(clock, rest)| (clock, Some(rest)));
    if fraction.is_some_and(|digits| digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let mut parts = clock.split(':');
    let hour = digits(parts.next()?, 2).filter(|hour| *hour < 24)?;
    let minute = digits(parts.next()?, 2).filter(|minute| *minute < 60)?;
    let second = digits(parts.next()?, 2).filter(|second| *second < 60)?;
    if parts.next().is_some() {
        return None;
    }
    let in_day = hour.checked_mul(60)?.checked_add(minute)?.checked_sub(offset_minutes(zone)?)?;
    let (year, month, day) = match in_day {
        ..0 => day_before(year, month, day)?,
        0..1440 => (year, month, day),
        _ => day_after(year, month, day)?,
    };
    let in_day = in_day.rem_euclid(1440);
    let (hour, minute) = (in_day.checked_div(60)?, in_day.checked_rem(60)?);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

fn digits(text: &str, count: usize) -> Option<i32> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

fn offset_minutes(zone: &str) -> Option<i32> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, clock) = match zone.strip_prefix('+') {
        Some(clock) => (1, clock),
        None => (-1, zone.strip_prefix('-')?),
    };
    let (hours, minutes) = clock.split_once(':')?;
    let hours = digits(hours, 2).filter(|hours| *hours < 24)?;
    let minutes = digits(minutes, 2).filter(|minutes| *minutes < 60)?;
    hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(sign)
}

fn days_in_month(year: i32, month: i32) -> i32 {
    let divides = |by| year.checked_rem(by) == Some(0);
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if divides(4) && (!divides(100) || divides(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

fn day_before(year: i32, month: i32, day: i32) -> Option<(i32, i32, i32)> {
    match (month, day) {
        (1, 1) => Some((year.checked_sub(1).filter(|year| *year >= 0)?, 12, 31)),
        (_, 1) => {
            let month = month.checked_sub(1)?;
            Some((year, month, days_in_month(year, month)))
        }
        _ => Some((year, month, day.checked_sub(1)?)),
    }
}

fn day_after(year: i32, month: i32, day: i32) -> Option<(i32, i32, i32)> {
    if day < days_in_month(year, month) {
        Some((year, month, day.checked_add(1)?))
    } else if month < 12 {
        Some((year, month.checked_add(1)?, 1))
    } else {
        Some((year.checked_add(1).filter(|year| *year <= 9999)?, 1, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_become_utc_and_compare_as_text() {
        let cases = [
            ("2024-02-29T23:59:59Z", Some("2024-02-29T23:59:59Z")),
            ("2024-02-29T23:59:59.123456Z", Some("2024-02-29T23:59:59Z")),
            ("2024-01-01T01:00:00+02:00", Some("2023-12-31T23:00:00Z")),
            ("2023-12-31T23:30:00-01:15", Some("2024-01-01T00:45:00Z")),
            ("2024-02-29T23:00:00-01:00", Some("2024-03-01T00:00:00Z")),
            ("2024-03-01T00:00:00+00:01", Some("2024-02-29T23:59:00Z")),
            ("2023-02-29T00:00:00Z", None),
            ("1900-02-29T00:00:00Z", None),
            ("2000-02-29T00:00:00Z", Some("2000-02-29T00:00:00Z")),
            ("2024-13-01T00:00:00Z", None),
            ("2024-04-31T00:00:00Z", None),
            ("2024-01-01T24:00:00Z", None),
            ("2024-01-01T00:60:00Z", None),
            ("2024-01-01T00:00:00", None),
            ("2024-01-01T00:00:00.Z", None),
            ("2024-01-01 00:00:00Z", None),
            ("2024-01-01", None),
            ("0000-01-01T00:00:00+01:00", None),
            ("9999-12-31T23:59:59-01:00", None),
            ("2024-01-01T00:00:00+1:00", None),
            ("x", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(normalize(text).as_deref(), expected, "{text}");
        }
    }
}
