//! Nicknames: `昵称(姓名)` holds two names of one person, `01张三-13班` a name and its place in a list, `张三&李四` several people on one login.

use super::fold;

/// Brackets that may end a nickname; full-width ones are plain after folding.
const PAIRS: [(char, char); 11] = [
    ('(', ')'),
    ('[', ']'),
    ('{', '}'),
    ('<', '>'),
    ('【', '】'),
    ('「', '」'),
    ('『', '』'),
    ('〔', '〕'),
    ('〖', '〗'),
    ('《', '》'),
    ('〈', '〉'),
];
/// What divides people who share a login.
const AND: [char; 2] = ['&', '、'];
/// What may divide people, or a name from something else.
const OR: [char; 6] = ['+', '/', ',', ';', '|', '\\'];
/// What a number in a list, a class or a group is counted in.
const COUNTED: [char; 9] = ['班', '组', '号', '队', '期', '级', '届', '排', '桌'];

/// The names one written name may stand for, as [`fold::name`] writes them: the whole, then what is outside and inside its last
/// brackets, then each of these without numbers of lists and classes around it. Without repetition, without empty ones.
pub(crate) fn spellings(written: &str) -> Vec<String> {
    let plain = fold::fold(written);
    let parts = match brackets(&plain) {
        Some((outside, inside)) => vec![outside, inside],
        None => vec![&*plain],
    };
    let mut names: Vec<String> = Vec::with_capacity(2 * parts.len() + 1);
    let bare = parts.iter().map(|part| without_numbers(part));
    for name in std::iter::once(&*plain).chain(parts.iter().copied()).chain(bare).map(fold::name) {
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A name without what lists and classes put around it: `01张三`, `张三-13班`, `第3组 张三`. A number right behind a name stays, for
/// `王伟2` is how a second 王伟 is told from the first; nothing but numbers, their counters and signs is ever taken away.
fn without_numbers(text: &str) -> &str {
    let mut name = text;
    if name.contains('*') {
        return name; // a masked name is no longer a name when its stars are gone
    }
    loop {
        let before = name;
        name = name.trim_matches(|c: char| !c.is_alphanumeric() && !PAIRS.iter().any(|(open, close)| c == *open || c == *close));
        let numbered = name.strip_prefix('第').unwrap_or(name);
        let rest = numbered.trim_start_matches(|c: char| c.is_ascii_digit());
        if rest.len() < numbered.len() {
            name = rest.strip_prefix(COUNTED).unwrap_or(rest);
            continue;
        }
        let counted = name.strip_suffix(COUNTED).unwrap_or(name);
        let rest = counted.trim_end_matches(|c: char| c.is_ascii_digit());
        let stands_apart = counted.len() < name.len() || rest.ends_with(|c: char| !c.is_alphanumeric());
        if rest.len() < counted.len() && stands_apart {
            name = rest.strip_suffix('第').unwrap_or(rest);
            continue;
        }
        if name == before {
            return name;
        }
    }
}

/// What stands before and between the brackets that end a folded name. Full-width brackets are plain after folding; those of Chinese
/// print count as well.
fn brackets(plain: &str) -> Option<(&str, &str)> {
    let plain = plain.trim_end();
    let (open, close) = PAIRS.into_iter().find(|(_, close)| plain.ends_with(*close))?;
    let body = &plain[..plain.len() - close.len_utf8()];
    let mut depth = 1;
    let start = body.char_indices().rev().find_map(|(at, c)| {
        depth += if c == close { 1 } else { 0 };
        depth -= if c == open { 1 } else { 0 };
        (depth == 0).then_some(at)
    })?;
    Some((&body[..start], &body[start + open.len_utf8()..]))
}

/// The people one written name lists, as [`fold::name`] writes them; fewer than two when it names one person. A number is no person:
/// `1、张三` is the first of a list.
pub(crate) fn people(written: &str) -> Vec<String> {
    listed(written, &AND)
}

/// The people one written name lists, if what divides them divides people at all: `张三/李四` does where both are known, `张三/技术部` not.
pub(crate) fn perhaps_people(written: &str) -> Vec<String> {
    listed(written, &OR)
}

fn listed(written: &str, between: &[char]) -> Vec<String> {
    let plain = fold::fold(written);
    let listed = match brackets(&plain) {
        Some((_, inside)) if inside.contains(between) => inside,
        Some((outside, _)) if outside.contains(between) => outside,
        _ => &plain,
    };
    let people: Vec<String> =
        listed.split(between).filter(|piece| !without_numbers(piece).is_empty()).map(fold::name).filter(|name| !name.is_empty()).collect();
    if people.len() < 2 { Vec::new() } else { people }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nickname_with_brackets_has_three_spellings() {
        assert_eq!(spellings("小张（张三）"), ["小张(张三)", "小张", "张三"]);
        assert_eq!(spellings("张三(张三)"), ["张三(张三)", "张三"]);
        assert_eq!(spellings("张三"), ["张三"]);
        assert_eq!(spellings("a(b(c))"), ["a(b(c))", "a", "b(c)"]);
        assert_eq!(spellings("(张三)"), ["(张三)", "张三"]);
        assert_eq!(spellings("小张〔張三〕"), ["小张〔张三〕", "小张", "张三"]);
        assert_eq!(spellings(")("), [")("]);
    }

    #[test]
    fn numbers_of_lists_and_classes_are_taken_off_and_what_tells_people_apart_is_not() {
        for written in ["01张三", "张三-13班", "13班张三", "第3组 张三", "2020级3班_张三", "🌸张三🌸", "3、张三", "张三 第2期", "张三-007"]
        {
            assert!(spellings(written).contains(&"张三".to_owned()), "{written}: {:?}", spellings(written));
        }
        for written in ["张三2", "张三班", "高新职校-张三", "张三/老伴", "张*", "张三丰"] {
            assert!(!spellings(written).contains(&"张三".to_owned()), "{written}: {:?}", spellings(written));
        }
        assert_eq!(spellings("13班"), ["13班"]);
        assert_eq!(spellings("张*"), ["张*"]);
    }

    #[test]
    fn one_login_may_list_several_people() {
        assert_eq!(people("张三&李四"), ["张三", "李四"]);
        assert_eq!(people("张三＆李四、王五"), ["张三", "李四", "王五"]);
        assert_eq!(people("三组(张三&李四)"), ["张三", "李四"]);
        assert_eq!(people("张三"), Vec::<String>::new());
        assert_eq!(people("张三&"), Vec::<String>::new());
        assert_eq!(people("1、张三"), Vec::<String>::new());
        assert_eq!(perhaps_people("张三/李四+王五"), ["张三", "李四", "王五"]);
        assert_eq!(perhaps_people("张三/13班"), Vec::<String>::new());
    }
}
