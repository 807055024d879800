use std::borrow::Cow;
use std::fmt;

/// Why a value was refused. It never holds the value itself, which may be somebody's secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// `stock.quantity`, outermost first; empty for a value that is no part of another.
    path: String,
    reason: Cow<'static, str>,
}

impl Invalid {
    /// A reason that continues "the value …": `must be at least 0`.
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { path: String::new(), reason: reason.into() }
    }

    /// Returns the error as that of a part called `name`, which goes in front of its path.
    #[must_use]
    pub fn within(mut self, name: &str) -> Self {
        self.path = if self.path.is_empty() { name.to_owned() } else { format!("{name}.{}", self.path) };
        self
    }

    /// Which part is wrong, as the source of the platform names it: `stock.quantity`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The reason, which continues "the value …": `must be at least 0`.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => write!(f, "the value {}", self.reason),
            path => write!(f, "`{path}` {}", self.reason),
        }
    }
}

impl std::error::Error for Invalid {}

/// Lets what cannot fail stand where something else might.
impl From<std::convert::Infallible> for Invalid {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_grows_outwards() {
        let inner = Invalid::new("must be at least 0");
        assert_eq!(inner.to_string(), "the value must be at least 0");
        let outer = inner.within("quantity").within("stock");
        assert_eq!(outer.to_string(), "`stock.quantity` must be at least 0");
        assert_eq!((outer.path(), outer.reason()), ("stock.quantity", "must be at least 0"));
    }
}
