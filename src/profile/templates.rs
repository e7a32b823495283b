//! Owns templates such as `${{ vault.NAME }}`, which may stand anywhere in a text.

use std::collections::BTreeSet;

use serde_json::Value;

/// As much of a template that is none is told.
const TOLD: usize = 60;
/// What templates may refer to besides names in a vault or in the environment.
const FACTS: [&str; 3] = ["workspace.id", "workspace.devDomain", "team.id"];

/// What the templates anywhere in a file refer to.
#[derive(Debug, Default)]
pub(super) struct Templates {
    /// The names that they take from a vault.
    pub(super) secrets: BTreeSet<String>,
    /// Those that refer to nothing that is known, as they stand there.
    pub(super) odd: BTreeSet<String>,
}

impl Templates {
    /// Those of the file.
    pub(super) fn of(file: &Value) -> Self {
        let mut found = Self::default();
        found.collect(file);
        found
    }

    fn collect(&mut self, value: &Value) {
        match value {
            Value::String(text) => expressions(text).for_each(|inside| self.take(inside)),
            Value::Array(items) => items.iter().for_each(|item| self.collect(item)),
            Value::Object(fields) => fields.values().for_each(|field| self.collect(field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn take(&mut self, expression: &str) {
        if let Some(name) = member(expression, "vault") {
            self.secrets.insert(name);
        } else if member(expression, "workspace.env").is_none() && !FACTS.contains(&expression) {
            let odd: String = expression.chars().take(TOLD).collect();
            self.odd.insert(format!("${{{{ {odd} }}}}"));
        }
    }
}

/// What stands between `${{` and `}}`.
fn expressions(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split("${{").skip(1);
    parts.filter_map(|part| part.split_once("}}").map(|(inside, _)| inside.trim()))
}

/// The name in `vault.NAME` or `vault['NAME']`. What may be more than a name is none.
fn member(expression: &str, of: &str) -> Option<String> {
    let rest = expression.strip_prefix(of)?.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let name = match rest.strip_prefix('.') {
        Some(name) => Some(name.trim()).filter(|name| name.chars().all(plain)),
        None => quoted(rest.strip_prefix('[')?.strip_suffix(']')?.trim()),
    };
    name.filter(|name| !name.is_empty()).map(str::to_owned)
}

fn quoted(text: &str) -> Option<&str> {
    let within = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    let inside = within('\'').or_else(|| within('"'))?;
    (!inside.contains(['\'', '"'])).then_some(inside)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Templates;

    #[test]
    fn names_are_found_anywhere_and_in_both_spellings() {
        let file = json!({
            "a": ["x ${{ vault.ONE }} y ${{vault['two']}}", 5],
            "b": { "c": "${{ vault[\"three\"] }}", "d": "${{ workspace.env.FOUR }} ${{ workspace.env['FIVE'] }} ${{ team.id }}" },
            "e": "${{ vault. }} ${{ vault.five",
            "f": "$${{ vaults.six }} ${{ vault }} ${{ vault.A || 'b' }} ${{ vault['a'] + vault['b'] }}",
        });
        let found = Templates::of(&file);
        let secrets: Vec<String> = found.secrets.into_iter().collect();
        assert_eq!(secrets, ["ONE", "three", "two"]);
        let odd: Vec<String> = found.odd.into_iter().collect();
        assert_eq!(
            odd,
            [
                "${{ vault }}",
                "${{ vault. }}",
                "${{ vault.A || 'b' }}",
                "${{ vault['a'] + vault['b'] }}",
                "${{ vaults.six }}"
            ]
        );
    }
}
