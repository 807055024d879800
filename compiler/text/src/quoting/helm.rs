//! Values of charts. Most are plain to Helm; those of public charts often pass through `tpl`, which runs what stands
//! between `{{` and `}}` as a template.

/// The text as a value that a chart may take for a template.
#[must_use]
pub fn literal(text: &str) -> String {
    text.replace("{{", r#"{{ "{{" }}"#)
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn no_template_begins_but_our_own() {
        assert_eq!(literal("shop"), "shop");
        assert_eq!(literal("{{{ .Values }}"), r#"{{ "{{" }}{ .Values }}"#);
    }
}
