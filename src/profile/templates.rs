//! Owns templates such as `${{ vault.NAME }}`, which may stand anywhere in a text.

use std::collections::BTreeSet;

use serde_json::Value;

/// The names that templates anywhere in the file take from a vault.
pub(super) fn secrets(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(value, &mut found);
    found
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => found.extend(expressions(text).filter_map(secret)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What stands between `${{` and `}}`.
fn expressions(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split("${{").skip(1);
    parts.filter_map(|part| part.split_once("}}").map(|(inside, _)| inside.trim()))
}

/// The name in `vault.NAME` or `vault['NAME']`.
fn secret(expression: &str) -> Option<String> {
    let rest = expression.strip_prefix("vault")?.trim();
    let name = match rest.strip_prefix('.') {
        Some(name) => name.trim(),
        None => quoted(rest.strip_prefix('[')?.strip_suffix(']')?.trim())?,
    };
    (!name.is_empty()).then(|| name.to_owned())
}

fn quoted(text: &str) -> Option<&str> {
    let within = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    within('\'').or_else(|| within('"'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::secrets;

    #[test]
    fn names_are_found_anywhere_and_in_both_spellings() {
        let file = json!({
            "a": ["x ${{ vault.ONE }} y ${{vault['two']}}", 5],
            "b": { "c": "${{ vault[\"three\"] }}", "d": "${{ workspace.env.FOUR }} ${{ team.id }}" },
            "e": "${{ vault. }} ${{ vault.five",
            "f": "$${{ vaults.six }} ${{ vault }}",
        });
        let found: Vec<String> = secrets(&file).into_iter().collect();
        assert_eq!(found, ["ONE", "three", "two"]);
    }
}
