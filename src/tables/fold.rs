//! One spelling for what people and programs spell in many ways: full-width letters, exotic spaces, case, country codes.

use hanconv::RawDictionary;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// Compatibility form: full-width digits, letters, colons and brackets become plain ones, every space a plain space; invisible marks
/// vanish; nothing else changes.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    let text = trimmed(text);
    // Plain ASCII and the common Han characters are their own compatibility form.
    if text.chars().all(|c| matches!(c, ' '..='~' | '\u{4e00}'..='\u{9fff}')) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfkc().filter(|c| !is_invisible(*c)).map(|c| if c.is_whitespace() { ' ' } else { c }).collect())
}

/// The text without blanks around it.
pub(crate) fn trimmed(text: &str) -> &str {
    let edges = (text.as_bytes().first(), text.as_bytes().last());
    // Nearly every cell begins and ends with a visible ASCII character.
    if matches!(edges, (Some(b'!'..=b'~'), Some(b'!'..=b'~'))) { text } else { text.trim_matches(is_blank) }
}

/// Space, or something that only looks like nothing.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_invisible(c)
}

/// Zero-width characters, direction marks, byte-order marks, fillers that print as nothing, and selectors of a variant of a glyph.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{00ad}' | '\u{061c}'
        | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// A heading reduced to its letters and digits in lower case: `Name (Original Name)` and `name（original name）` are one.
pub(crate) fn heading(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A name as names are compared: no case, no spaces between Han characters, single spaces between words, one kind of middle dot,
/// traditional characters simplified. Empty when nothing is left. What is folded already folds to itself.
pub(crate) fn name(text: &str) -> String {
    let mut name = once(text);
    // Small letters of some scripts have a compatibility form of their own; a second turn is enough for all that is known.
    for _ in 0..3 {
        let again = once(&name);
        if again == name {
            break;
        }
        name = again;
    }
    name
}

fn once(text: &str) -> String {
    let folded = fold(text);
    let han = folded.chars().any(is_han);
    let mut out = String::with_capacity(folded.len());
    for c in folded.chars() {
        match c {
            ' ' if han || out.ends_with(' ') => {}
            '•' | '・' | '‧' | '∙' | '⋅' | '⸱' | 'ꞏ' | 'ᐧ' => out.push('·'),
            // A full stop between Han characters is how keyboards without a middle dot write one.
            '.' if han => out.push('·'),
            c if is_han(c) => out.push(simplified(c)),
            c => out.extend(c.to_lowercase()),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// The simplified form of a traditional character; any other is itself.
///
/// Character by character, and never by the words around it: what a name folds to must not depend on what stands beside it. So 乾 is 干
/// everywhere, which joins two spellings more often than a dictionary of words would, and parts none.
fn simplified(c: char) -> char {
    static TABLE: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
        let single = |text: &str| {
            let mut chars = text.chars();
            chars.next().filter(|_| chars.next().is_none())
        };
        let pairs = RawDictionary::TSCharacters.iter().filter_map(|(from, to)| Some((single(from)?, single(to)?)));
        let direct: HashMap<char, char> = pairs.filter(|(from, to)| from != to).collect();
        // Where the simplified form is a traditional one of another, all three are one.
        let last = |c: char| (0..4).fold(c, |c, _| direct.get(&c).copied().unwrap_or(c));
        direct.keys().map(|&from| (from, last(from))).collect()
    });
    TABLE.get(&c).copied().unwrap_or(c)
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// A phone number as digits without the country code 86. `None` for what is masked or no number.
pub(crate) fn phone(text: &str) -> Option<String> {
    let folded = fold(text);
    if folded.contains('*') {
        return None;
    }
    let digits: String = folded.chars().filter(char::is_ascii_digit).collect();
    let local = digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86")).filter(|rest| rest.len() == 11);
    let digits = local.map(str::to_owned).unwrap_or(digits);
    (digits.len() >= 5).then_some(digits)
}

/// An e-mail address in lower case. `None` for what is masked or no address.
pub(crate) fn email(text: &str) -> Option<String> {
    let folded = fold(text).to_lowercase();
    (folded.contains('@') && !folded.contains('*')).then_some(folded)
}

/// The number of an identity card: no spaces, capital X. `None` for what is masked or too short to mean one person.
pub(crate) fn id_number(text: &str) -> Option<String> {
    let folded: String = fold(text).chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect();
    (folded.chars().count() >= 6 && !folded.contains('*')).then_some(folded)
}

/// An account or another id: trimmed and full-width folded, case kept. `None` when nothing is left.
pub(crate) fn account(text: &str) -> Option<String> {
    let folded = fold(text);
    (!folded.is_empty()).then(|| folded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_text_and_odd_spaces_become_plain() {
        assert_eq!(fold("　２０２０－０３－０３　０９：００：００ "), "2020-03-03 09:00:00");
        assert_eq!(fold("9:00:00\u{202f}AM"), "9:00:00 AM");
        assert_eq!(fold("\u{feff}姓名\u{200b}"), "姓名");
    }

    #[test]
    fn headings_are_one_whatever_their_brackets_and_case() {
        assert_eq!(heading("Name (Original Name)"), heading("name（Original　name）"));
        assert_eq!(heading("用户昵称（入会昵称）"), "用户昵称入会昵称");
        assert_eq!(heading("  --  "), "");
    }

    #[test]
    fn names_are_compared_without_case_and_spaces_that_mean_nothing() {
        assert_eq!(name("张 三"), name("张三"));
        assert_eq!(name("张　三 "), "张三");
        assert_eq!(name("ZHANG  San"), "zhang san");
        assert_eq!(name("买买提•吐尔逊"), name("买买提.吐尔逊"));
        assert_ne!(name("Zhang San"), name("ZhangSan"));
    }

    #[test]
    fn traditional_characters_are_their_simplified_ones_whatever_stands_beside_them() {
        assert_eq!(name("張偉"), name("张伟"));
        assert_eq!(name("劉艷麗"), "刘艳丽");
        assert_eq!(name("歐陽 曉紅"), name("欧阳晓红"));
        assert_eq!((name("乾隆"), name("乾")), ("干隆".to_owned(), "干".to_owned()));
        assert_eq!(name("阿卜杜拉‧买买提"), name("阿卜杜拉 · 買買提"));
    }

    proptest::proptest! {
        #[test]
        fn what_is_folded_folds_to_itself(text in "[\\PC\u{200b}\u{3000}\u{00a0}\u{fe0f}\u{2800}張乾瞭於ＡｂİϴẞＫ﹖·•・.]{0,24}") {
            let folded = name(&text);
            proptest::prop_assert_eq!(name(&folded), folded.clone());
            proptest::prop_assert_eq!(name(&fold(&text)), folded);
        }
    }

    #[test]
    fn numbers_lose_their_decoration_and_masked_ones_say_nothing() {
        assert_eq!(phone("+86 138-0013-8000").as_deref(), Some("13800138000"));
        assert_eq!(phone("１３８００１３８０００").as_deref(), Some("13800138000"));
        assert_eq!(phone("138****8000"), None);
        assert_eq!(id_number("61010319900101123x").as_deref(), Some("61010319900101123X"));
        assert_eq!(email("A.B@Example.COM ").as_deref(), Some("a.b@example.com"));
        assert_eq!(email("nobody"), None);
    }
}
