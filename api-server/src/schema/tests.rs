use domain::template::Template;
use serde_json::{Value, json};
use utoipa::openapi::OpenApi;

use crate::router;

/// Uses every field that a template can have.
fn everything() -> Vec<Value> {
    let machine = |runs: Value, ready: Value| {
        json!({"name":"main","runs":runs,"env":{"TZ":"Asia/Shanghai"},
            "resources":{"cpu_millis":1000,"memory_mib":256,"disk_mib":10,"gpus":1},"placement":"gpu",
            "home":{"path":"/home/student","size_mib":64},
            "apps":[{"name":"lab","kind":"http","port":8888,"path":"/lab"},
                    {"name":"dev","kind":"http","ports":[1,2]},
                    {"name":"shell","kind":"terminal","command":["sh"]}],
            "ready":ready,"start_deadline_s":9})
    };
    let whole = |runs: Value, ready: Value, egress: Value| {
        json!({"machines":[machine(runs, ready)],"bind":{"command":["b"],"deadline_s":1},
            "network":{"egress":egress},
            "policy":{"lifetime_s":60,"max_lifetime_s":60,"idle":{"after_s":60,"then":"stop"},"keep_home_days":1}})
    };
    vec![
        whole(
            json!({"process":{"command":["a"]}}),
            json!({"http":{"app":"lab","path":"/","status":200}}),
            json!("none"),
        ),
        whole(
            json!({"container":{"image":"a","command":["a"]}}),
            json!({"tcp":{"port":1}}),
            json!(["a.example.com"]),
        ),
        whole(json!({"vm":{"image_id":"a","types":["b"]}}), json!({"command":["true"]}), json!("internet")),
    ]
}

/// Where a reference of a schema leads.
fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(path) => resolve(document, document.pointer(path.trim_start_matches('#')).unwrap()),
        None => schema,
    }
}

/// Asserts that every field of `value` is described, at `path`.
fn described(document: &Value, schema: &Value, value: &Value, path: &str) -> bool {
    let schema = resolve(document, schema);
    if let Some(choices) = schema["oneOf"].as_array() {
        return choices.iter().any(|choice| described(document, choice, value, path));
    }
    match value {
        Value::Object(fields) if !schema["additionalProperties"].is_object() => {
            fields.iter().all(|(name, value)| {
                let inner = &schema["properties"][name];
                !inner.is_null() && described(document, inner, value, &format!("{path}.{name}"))
            })
        }
        Value::Array(items) => items.iter().all(|item| described(document, &schema["items"], item, path)),
        Value::String(text) => schema["enum"].as_array().is_none_or(|allowed| allowed.contains(&json!(text))),
        _ => true,
    }
}

#[test]
fn the_described_template_is_the_one_that_is_read() {
    let description: OpenApi = router::description();
    let document = serde_json::to_value(&description).unwrap();
    let schema = json!({"$ref":"#/components/schemas/Template"});
    for template in everything() {
        let read = Template::parse(&template).unwrap();
        assert!(described(&document, &schema, &template, ""), "{template}");
        // What the domain writes has no field that the description lacks.
        assert!(described(&document, &schema, &serde_json::to_value(&read).unwrap(), ""));
        let mut wrong = template.clone();
        wrong["machines"][0]["colour"] = json!("red");
        assert!(!described(&document, &schema, &wrong, ""));
    }
}
