//! How the ways to write a name are made from each other.

use smol_str::SmolStr;

/// `UserProfile` is `user_profile`, `HTTPServer` is `http_server`, `userID` is `user_id`.
pub fn snake_case(name: &str) -> SmolStr {
    if name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return name.into();
    }
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (i, c) in chars.iter().enumerate() {
        let after_lower = i > 0 && (chars[i - 1].is_lowercase() || chars[i - 1].is_ascii_digit());
        let ends_capitals =
            i > 0 && chars[i - 1].is_uppercase() && chars.get(i + 1).is_some_and(|next| next.is_lowercase());
        if c.is_uppercase() && (after_lower || ends_capitals) {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake.into()
}

/// `user_profile` is `UserProfile`.
pub fn upper_camel(name: &str) -> SmolStr {
    let mut camel = String::with_capacity(name.len());
    for word in name.split('_') {
        let mut chars = word.chars();
        camel.extend(chars.next().into_iter().flat_map(char::to_uppercase));
        camel.push_str(chars.as_str());
    }
    camel.into()
}

/// `low_stock_threshold` is `lowStockThreshold`.
pub fn lower_camel(name: &str) -> SmolStr {
    let mut words = name.split('_').filter(|word| !word.is_empty());
    let mut out = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out.into()
}
