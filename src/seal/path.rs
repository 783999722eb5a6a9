//! Where C2SP tlog-tiles says a tile is: `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]`.

use super::edge::WIDTH;
use std::fmt;
use std::str::FromStr;

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Content {
    /// Hashes of a level: leaves at 0, roots of full tiles above.
    Hashes(u8),
    /// Leaves, each after its length in two bytes.
    Entries,
}

/// A tile's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TilePath {
    /// What it holds.
    pub content: Content,
    /// Its number within the level, from 0.
    pub n: u64,
    /// How many hashes or leaves, 1 to 256; 256 is a full tile.
    pub width: u16,
}

/// What was given is no tile's address in its one valid spelling.
#[derive(Debug, thiserror::Error)]
#[error("a tile is at tile/<level>/<number> or tile/entries/<number>, with .p/<width> when it is partial")]
pub struct BadTilePath;

impl TilePath {
    /// A full tile of hashes.
    pub(super) fn full(level: u8, n: u64) -> TilePath {
        TilePath { content: Content::Hashes(level), n, width: WIDTH as u16 }
    }

    /// A full bundle of leaves.
    pub(super) fn bundle(n: u64) -> TilePath {
        TilePath { content: Content::Entries, n, width: WIDTH as u16 }
    }

    /// Its level in the tree; leaves are beside level 0.
    pub(super) fn level(&self) -> u8 {
        match self.content {
            Content::Hashes(level) => level,
            Content::Entries => 0,
        }
    }

    /// The name of the file that keeps it.
    pub(super) fn file(&self) -> String {
        format!("log/{self}")
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.content {
            Content::Hashes(level) => write!(f, "tile/{level}/")?,
            Content::Entries => f.write_str("tile/entries/")?,
        }
        // Three digits a segment, all but the last after an x, so that no name is both a file and a folder.
        let mut thousands = Vec::new();
        let mut rest = self.n / 1000;
        while rest > 0 {
            thousands.push(rest % 1000);
            rest /= 1000;
        }
        for part in thousands.iter().rev() {
            write!(f, "x{part:03}/")?;
        }
        write!(f, "{:03}", self.n % 1000)?;
        if usize::from(self.width) < WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

impl FromStr for TilePath {
    type Err = BadTilePath;

    fn from_str(text: &str) -> Result<TilePath, BadTilePath> {
        let rest = text.strip_prefix("tile/").ok_or(BadTilePath)?;
        let (level, rest) = rest.split_once('/').ok_or(BadTilePath)?;
        let content = match level {
            "entries" => Content::Entries,
            level => Content::Hashes(level.parse().ok().filter(|level| *level < 64).ok_or(BadTilePath)?),
        };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, width.parse().ok().filter(|w| (1..WIDTH as u16).contains(w)).ok_or(BadTilePath)?),
            None => (rest, WIDTH as u16),
        };
        let mut n = 0_u64;
        for part in number.split('/') {
            let part: u64 = part.strip_prefix('x').unwrap_or(part).parse().ok().filter(|part| *part < 1000).ok_or(BadTilePath)?;
            n = n.checked_mul(1000).and_then(|n| n.checked_add(part)).ok_or(BadTilePath)?;
        }
        let path = TilePath { content, n, width };
        // One address, one spelling: whatever else was lenient above is caught here.
        if path.to_string() == text { Ok(path) } else { Err(BadTilePath) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_path_is_the_crates_without_the_height(level in 0_u8..64, n in any::<u64>(), width in 1_u32..=256, entries in any::<bool>()) {
            let theirs = tlog_tiles::Tile::new(8, if entries { 0 } else { level }, n, width, entries).path();
            let content = if entries { Content::Entries } else { Content::Hashes(level) };
            let ours = TilePath { content, n, width: width as u16 };
            prop_assert_eq!(ours.to_string(), theirs.replacen("tile/8/", "tile/", 1).replacen("tile/data/", "tile/entries/", 1));
            prop_assert_eq!(ours.to_string().parse::<TilePath>().expect("reads back"), ours);
        }
    }

    #[test]
    fn an_address_has_one_spelling() {
        for bad in [
            "tile/8/0/000",
            "tile/00/000",
            "tile/64/000",
            "tile/256/000",
            "tile/-1/000",
            "tile/data/000",
            "tile/0/0",
            "tile/0/0000",
            "tile/0/x000/000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/07",
            "tile/0/000.p/+7",
            "tile/0/+00",
            "tile/0/x18/446/744/073/709/551/616",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
            "tile/0/",
            "tile/0",
            "checkpoint",
            "tile/0/../../keys",
            "tile/entries/000.p/1/",
            "",
        ] {
            assert!(bad.parse::<TilePath>().is_err(), "{bad}");
        }
    }
}
