//! JSON Schemas of the settings and of the front matter, for editors that complete and check YAML.
//!
//! In: the types themselves. Out: three schema documents. `docs/schema/` holds them; a test compares.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::front_matter::{Common, Seldom, typed_schemas};
use super::settings::{GroupSettings, SiteSettings};

/// File name and content of every schema.
#[must_use]
pub fn all() -> Vec<(&'static str, String)> {
    [
        ("group.schema.json", settings::<GroupSettings>("sites/group.yaml", &["name", "domain", "main"])),
        ("site.schema.json", settings::<SiteSettings>("sites/<site>.yaml", &["name"])),
        ("front-matter.schema.json", front_matter()),
    ]
    .into_iter()
    .map(|(name, mut schema)| {
        allow_numbers(&mut schema);
        (name, format!("{schema:#}\n"))
    })
    .collect()
}

/// A text may be written as a bare number (`copies: 1`): YAML's types are not the authors' concern.
fn allow_numbers(schema: &mut Value) {
    match schema {
        Value::Array(list) => list.iter_mut().for_each(allow_numbers),
        Value::Object(map) => {
            if !map.contains_key("pattern") {
                match map.get_mut("type") {
                    Some(Value::Array(types)) if types.contains(&json!("string")) => types.push(json!("number")),
                    Some(kind) if *kind == json!("string") => *kind = json!(["string", "number"]),
                    _ => {}
                }
            }
            map.values_mut().for_each(allow_numbers);
        }
        _ => {}
    }
}

fn generator() -> SchemaGenerator {
    SchemaSettings::draft07().into_generator()
}

fn settings<T: JsonSchema>(title: &str, required: &[&str]) -> Value {
    let mut schema = generator().into_root_schema_for::<T>().to_value();
    schema["title"] = json!(title);
    schema["required"] = json!(required);
    schema
}

/// The nested types that a plain text may stand for.
const SHORT: [&str; 3] = ["Material", "Product", "Photo"];

/// One object with every key of every type of column: an editor cannot know the column's type from the file alone.
fn front_matter() -> Value {
    let mut generator = generator();
    let mut properties = Map::new();
    let common = Common::json_schema(&mut generator);
    let seldom = Seldom::json_schema(&mut generator);
    for schema in [common, seldom].into_iter().chain(typed_schemas(&mut generator)) {
        if let Some(Value::Object(own)) = schema.to_value().get("properties") {
            for (key, value) in own {
                properties.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
    }
    let mut definitions = generator.take_definitions(true);
    // A material, a product or a photo may be written as its name alone.
    for (name, schema) in &mut definitions {
        if SHORT.contains(&name.as_str()) {
            *schema = json!({"anyOf": [{"type": "string"}, schema.take()]});
        }
    }
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "front matter",
        "type": "object",
        "required": ["title", "date"],
        "properties": properties,
        "definitions": definitions,
        "additionalProperties": false,
    })
}
