//! Decimal text to the nearest float.
//!
//! The standard library's reader is faster and has tables of ten kilobytes, which are most of what such a module would
//! hold of numbers; manifests have few fractions.

use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// More digits than these change nothing but whether there is more: half between two floats has fewer.
const MOST_DIGITS: usize = 800;

/// Powers of ten up to this are exact, and so is a quotient or product with a number below 2⁵³.
const EXACT_TENS: u32 = 22;

/// A decimal number's nearest float, the even one of two; infinite if it is too great. None if the text is no such
/// number: digits with at most one point among them, and perhaps an exponent.
pub(super) fn parse(text: &str) -> Option<f64> {
    let (is_negative, text) = split_sign(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, tens(exponent)?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let places = i64::try_from(fraction.len()).ok()?;
    let all = whole.bytes().chain(fraction.bytes()).skip_while(|digit| *digit == b'0');
    let mut digits: Vec<u8> = all.clone().take(MOST_DIGITS).collect();
    let dropped = all.clone().skip(MOST_DIGITS);
    let mut exponent = exponent.saturating_sub(places);
    if !digits.is_empty() && dropped.clone().next().is_some() {
        exponent = exponent.saturating_add(i64::try_from(dropped.clone().count()).ok()?);
        if dropped.clone().any(|digit| digit != b'0') {
            // There is more, however little it is.
            exponent = exponent.saturating_sub(1);
            digits.push(b'1');
        }
    }
    let magnitude = of_digits(&digits, exponent);
    Some(if is_negative { -magnitude } else { magnitude })
}

/// An exponent; one that is too great to count is as good as the greatest.
fn tens(text: &str) -> Option<i64> {
    let (is_negative, digits) = split_sign(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = digits.parse().unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
    Some(if is_negative { number.saturating_neg() } else { number })
}

/// Whether a number begins with a minus, and what comes after its sign.
fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Digits times a power of ten.
fn of_digits(digits: &[u8], exponent: i64) -> f64 {
    let Ok(length) = i64::try_from(digits.len()) else { return f64::INFINITY };
    let size = exponent.saturating_add(length);
    if digits.is_empty() || size < -330 {
        return 0.0;
    }
    if size > 310 {
        return f64::INFINITY;
    }
    let few =
        digits.iter().try_fold(0_u32, |sum, digit| sum.checked_mul(10)?.checked_add(u32::from(digit & 15)));
    let tens = u32::try_from(exponent.unsigned_abs()).unwrap_or(u32::MAX);
    if let Some(few) = few.filter(|_| tens <= EXACT_TENS) {
        let power = (0..tens).fold(1.0, |power, _| power * 10.0);
        return if exponent < 0 { f64::from(few) / power } else { f64::from(few) * power };
    }
    let (mut over, mut under) = (Large(Vec::new()), Large(vec![1]));
    digits.iter().for_each(|digit| over.multiply(10, u32::from(digit & 15)));
    let scaled = if exponent < 0 { &mut under } else { &mut over };
    (0..tens / 9).for_each(|_| scaled.multiply(1_000_000_000, 0));
    (0..tens % 9).for_each(|_| scaled.multiply(10, 0));
    quotient(over, under)
}

/// The float nearest to a quotient, by long division in base two.
fn quotient(mut over: Large, mut under: Large) -> f64 {
    // What is divided is at least as much as what it is divided by, and less than twice that: the rest is this power of two.
    let mut power = over.bits().saturating_sub(under.bits());
    if power < 0 { &mut over } else { &mut under }.shift(power.unsigned_abs());
    if over.compare(&under) == Ordering::Less {
        over.shift(1);
        power = power.saturating_sub(1);
    }
    // A float has 53 bits; below the least power that is normal it has fewer, and may have none.
    let bits = power.saturating_sub(LEAST_POWER).saturating_add(53);
    if bits < 0 {
        return 0.0;
    }
    let mut mantissa = 0_u64;
    for _ in 0..bits.min(53) {
        let is_in = over.compare(&under) != Ordering::Less;
        if is_in {
            over.subtract(&under);
        }
        mantissa = (mantissa << 1) | u64::from(is_in);
        over.shift(1);
    }
    // What is left, twice as much as it is, shows on which side of the half it is.
    let is_up = match over.compare(&under) {
        Ordering::Less => false,
        Ordering::Equal => mantissa & 1 == 1,
        Ordering::Greater => true,
    };
    let mantissa = mantissa.saturating_add(u64::from(is_up));
    match u64::try_from(power.saturating_sub(LEAST_POWER)) {
        Ok(exponent) if exponent > 2045 => f64::INFINITY,
        // The first bit of the mantissa counts as one more in the exponent; so does what rounding carries over.
        Ok(exponent) => f64::from_bits((exponent << 52).saturating_add(mantissa)),
        Err(_) => f64::from_bits(mantissa),
    }
}

/// The power of two of the least normal float.
const LEAST_POWER: i64 = -1022;

/// A number of any size, 32 bits at a time, the lowest first; the highest are not zero.
struct Large(Vec<u32>);

impl Large {
    fn multiply(&mut self, factor: u32, more: u32) {
        let mut carry = u64::from(more);
        for part in &mut self.0 {
            carry = u64::from(*part).wrapping_mul(u64::from(factor)).wrapping_add(carry);
            *part = low(carry);
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(low(carry));
        }
    }

    fn shift(&mut self, bits: u64) {
        let whole = usize::try_from(bits / 32).unwrap_or_default();
        self.0.splice(..0, core::iter::repeat_n(0, whole));
        self.multiply(1_u32.rotate_left(low(bits % 32)), 0);
    }

    fn bits(&self) -> i64 {
        let rest = self.0.last().map_or(0, |highest| highest.leading_zeros());
        i64::try_from(self.0.len()).unwrap_or_default().saturating_mul(32).saturating_sub(i64::from(rest))
    }

    fn compare(&self, other: &Self) -> Ordering {
        let by_length = self.0.len().cmp(&other.0.len());
        by_length.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    /// Takes off what is no more than this.
    fn subtract(&mut self, other: &Self) {
        let mut is_owed = false;
        let parts = other.0.iter().copied().chain(core::iter::repeat(0));
        for (part, less) in self.0.iter_mut().zip(parts) {
            let (rest, first) = part.overflowing_sub(less);
            let (rest, second) = rest.overflowing_sub(u32::from(is_owed));
            (*part, is_owed) = (rest, first || second);
        }
        while self.0.pop_if(|highest| *highest == 0).is_some() {}
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "the low half is what is asked for"
)]
const fn low(number: u64) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::{String, ToString};

    use super::parse;

    fn check(text: &str) {
        let known = text.parse::<f64>();
        assert_eq!(parse(text).map(f64::to_bits), known.ok().map(f64::to_bits), "{text}");
    }

    #[test]
    fn reads_what_the_standard_library_reads() {
        let texts = "
            . + - e5 1e 1e+ 1. .5 1.e5 +1.5 -.5e-3 1..2 1e5.5 1-2 --1 +-1 1_0 0x1 1e5e5 \u{661}
            0 -0 0e999999999999999999999 1e999999999999999999999 1e-999999999999999999999 00012.500
            9007199254740993 9007199254740992.5 9007199254740991.5 1e22 1e23 8.5e22 123456789e-22 4294967295e5 4294967296e5
            1.7976931348623157e308 1.7976931348623158e308 1.797693134862315807e308 1.7976931348623159e308
            2.2250738585072011e-308 2.2250738585072014e-308 2.225073858507201e-308 4.9e-324 5e-324 3e-324 2e-324
            2.4703282292062327e-324 2.4703282292062328e-324 6.631236871469758276785396630275967242e-316
            0.000000000000000000000000000000000000000000000001";
        texts.split_whitespace().chain([""]).for_each(check);
    }

    #[test]
    fn rounds_halves_to_even_however_many_digits_come() {
        // Half between one and the next float, exactly, and with a little more at the very end.
        let half = "1.00000000000000011102230246251565404236316680908203125";
        for zeros in [0, 700, 800, 5000] {
            for end in ["", "0", "1"] {
                check(&format!("{half}{}{end}", "0".repeat(zeros)));
                check(&format!("{}{}{end}e-{zeros}", half.replace('.', ""), "0".repeat(zeros)));
            }
        }
    }

    #[test]
    fn rounds_as_the_standard_library_does() {
        let mut state = 7_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state ^ (state >> 31)
        };
        for turn in 0..20_000 {
            let number = f64::from_bits(next());
            if number.is_finite() {
                check(&format!("{number:e}"));
                check(&number.to_string());
            }
            let digits: String = next().to_string().chars().take(turn % 20).chain(['7']).collect();
            let exponent = next() % 350;
            check(&format!("{digits}e-{exponent}"));
            check(&format!("{digits}e{exponent}"));
            check(&format!("{}.{digits}e-{}", next() % 100, next() % 40));
        }
    }
}
