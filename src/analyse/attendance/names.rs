//! Nicknames: `昵称(姓名)` holds two names of one person, `张三&李四` several people on one login.

use super::fold;

/// The names one written name may stand for, as [`fold::name`] writes them: the whole, then what is outside and inside its last
/// brackets. Without repetition, without empty ones.
pub(crate) fn spellings(written: &str) -> Vec<String> {
    let plain = fold::fold(written);
    let mut names = vec![fold::name(&plain)];
    if let Some((outside, inside)) = brackets(&plain) {
        names.push(fold::name(outside));
        names.push(fold::name(inside));
    }
    names.retain(|name| !name.is_empty());
    let mut seen = Vec::with_capacity(names.len());
    names.retain(|name| {
        !seen.contains(name) && {
            seen.push(name.clone());
            true
        }
    });
    names
}

/// What stands before and between the brackets that end a folded name. Full-width brackets are plain after folding; `【】` and `「」`
/// count as well.
fn brackets(plain: &str) -> Option<(&str, &str)> {
    const PAIRS: [(char, char); 4] = [('(', ')'), ('[', ']'), ('【', '】'), ('「', '」')];
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

/// The people one written name lists, as [`fold::name`] writes them; fewer than two when it names one person.
pub(crate) fn people(written: &str) -> Vec<String> {
    let plain = fold::fold(written);
    let listed = match brackets(&plain) {
        Some((_, inside)) if inside.contains(['&', '、']) => inside,
        Some((outside, _)) if outside.contains(['&', '、']) => outside,
        _ => &plain,
    };
    let people: Vec<String> = listed.split(['&', '、']).map(fold::name).filter(|name| !name.is_empty()).collect();
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
        assert_eq!(spellings(")("), [")("]);
    }

    #[test]
    fn one_login_may_list_several_people() {
        assert_eq!(people("张三&李四"), ["张三", "李四"]);
        assert_eq!(people("张三＆李四、王五"), ["张三", "李四", "王五"]);
        assert_eq!(people("三组(张三&李四)"), ["张三", "李四"]);
        assert_eq!(people("张三"), Vec::<String>::new());
        assert_eq!(people("张三&"), Vec::<String>::new());
    }
}
