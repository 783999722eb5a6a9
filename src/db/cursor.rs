//! Where a page of a list ended, as whoever read it hands it back for the next.

use crate::error::{Error, Result, codes};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The cursor behind a row with these values of the list's order; only the last may have a slash in it.
pub fn write<const N: usize>(parts: [String; N]) -> String {
    URL_SAFE_NO_PAD.encode(parts.join("/"))
}

/// The values of a cursor. Errors: `invalid` for what is none of so many values.
pub fn read<const N: usize>(cursor: &str) -> Result<[String; N]> {
    let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(stale)?;
    let parts: Vec<String> = text.splitn(N, '/').map(str::to_owned).collect();
    parts.try_into().map_err(|_| stale())
}

/// A cursor of another list, or none.
pub fn stale() -> Error {
    Error::new(&codes::INVALID, "The cursor is not one of this list; take next from the answer before, or leave it out.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_gives_back_what_it_was_made_of_and_another_one_is_refused() {
        let cursor = write(["7".to_owned(), "a/b".to_owned()]);
        assert_eq!(read::<2>(&cursor).unwrap(), ["7", "a/b"]);
        for wrong in ["", "?", "YQ"] {
            assert_eq!(read::<2>(wrong).unwrap_err().code, "invalid", "{wrong}");
        }
        assert_eq!(read::<4>(&cursor).unwrap_err().code, "invalid");
    }
}
