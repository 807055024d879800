//! Names that tell apart what would be called the same: by a hash of what it is, so that no order decides.

use sha2::{Digest, Sha256};
use smol_str::{SmolStr, format_smolstr};

/// The beginning of a name, `_` and eight digits of the hash of `whole`.
pub(crate) fn hashed(name: &str, whole: &str, limit: usize) -> SmolStr {
    let digest = Sha256::digest(whole.as_bytes());
    let mut end = name.len().min(limit - 9);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let [a, b, c, d, ..] = digest[..] else { return SmolStr::new(name) };
    format_smolstr!("{}_{a:02x}{b:02x}{c:02x}{d:02x}", &name[..end])
}
