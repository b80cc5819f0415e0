//! The text form of sizes, such as `64K`.

use std::fmt;

/// The units of sizes, the largest first.
const UNITS: [(u8, u64); 3] = [(b'G', 1 << 30), (b'M', 1 << 20), (b'K', 1 << 10)];

/// Reads a number of bytes: `65536`, `64K`, `10M`, `1G`; the units are powers of 1024.
pub(super) fn size(text: &str) -> Option<u64> {
    let in_units = |(unit, factor): &(u8, u64)| {
        let digits = text.strip_suffix(char::from(*unit))?;
        Some((digits, *factor))
    };
    let (digits, factor) = UNITS.iter().find_map(in_units).unwrap_or((text, 1));
    number(digits)?.checked_mul(factor)
}

/// Reads a number. Only digits are accepted, because `parse` would also take a sign.
pub(super) fn number(digits: &str) -> Option<u64> {
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_plain)
}

/// Writes a number of bytes in the largest unit of which it is a multiple.
pub(super) fn write_size(f: &mut fmt::Formatter<'_>, bytes: u64) -> fmt::Result {
    let fits = |(_, factor): &&(u8, u64)| bytes > 0 && bytes.is_multiple_of(*factor);
    match UNITS.iter().find(fits) {
        Some((unit, factor)) => write!(f, "{}{}", bytes / factor, char::from(*unit)),
        None => write!(f, "{bytes}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_1024() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("64K", 65536),
            ("10M", 10 << 20),
            ("2G", 2 << 30),
        ] {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        for text in [
            "",
            "K",
            "-1",
            "+1",
            "1k",
            "1.5M",
            "10MB",
            "é",
            "99999999999999999999",
            "99999999999999G",
        ] {
            assert!(size(text).is_none(), "{text}");
        }
    }
}
