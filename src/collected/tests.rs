use serde_json::json;
use tempfile::TempDir;

use super::*;

fn small() -> Value {
    json!({
        "format": 1, "collected_at": "2026-11-24T01:00:00Z", "notices": [],
        "engine": { "gap": { "kind": "missing", "detail": "none" } },
        "containers": { "value": [{
            "id": "1", "name": "web", "inspect": { "value": { "privileged": false, "memory_bytes": 5, "labels": { "a": "b" } } },
            "process": { "gap": { "kind": "gone", "detail": "x" } },
        }] },
        "sysctl": { "kernel.x": { "value": "1" } },
        "a-newer-fact": 7,
    })
}

fn read(bytes: &[u8]) -> Result<Collected, String> {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("facts");
    std::fs::write(&path, bytes).unwrap();
    Collected::read(&path)
}

#[test]
fn what_was_packed_is_read_again() {
    let collected = Collected { json: small(), ladder: None };
    for name in ["facts.json", "facts.json.gz", "facts.json.zst", "facts"] {
        let packed = collected.pack(Path::new(name)).unwrap();
        assert_eq!(read(&packed).unwrap().json(), collected.json(), "{name}");
        let half = &packed[..packed.len() / 2];
        assert!(read(half).is_err(), "{name}");
    }
    assert_eq!(collected.day(), "2026-11-24".parse::<Date>().unwrap());
}

#[test]
fn what_is_torn_or_no_facts_is_told_with_its_place() {
    let text = small().to_string();
    let changed = |pointer: &str, value: Value| {
        let mut json = small();
        *json.pointer_mut(pointer).unwrap() = value;
        json.to_string()
    };
    let cases: [(String, &str); 14] = [
        (String::new(), "ends too early"),
        (text[..text.len() - 20].to_owned(), "ends too early"),
        ("{}".to_owned(), "no `format`"),
        ("[1]".to_owned(), "no `format`"),
        ("null".to_owned(), "no `format`"),
        (changed("/format", json!(2)), "format 2, and this plimsoll reads format 1"),
        (changed("/collected_at", json!(5)), "`collected_at` is no text"),
        (changed("/containers", json!(5)), "`containers` holds neither a value nor the reason"),
        (changed("/containers/value", json!("x")), "`containers`: expected list of Container, found text"),
        (
            changed("/containers/value/0/inspect/value/privileged", json!("no")),
            "`containers[0].privileged`: expected bool",
        ),
        (changed("/containers/value/0/inspect", json!({ "gap": 1 })), "`containers[0].inspect` holds neither"),
        (changed("/containers/value/0/inspect/value/memory_bytes", json!(1.5)), "expected int, found a number"),
        (changed("/sysctl", json!({ "kernel.x": { "value": 1 } })), "`sysctl[\"kernel.x\"]`: expected string"),
        ("[".repeat(100_000), "recursion limit"),
    ];
    for (text, words) in cases {
        let error = read(text.as_bytes()).unwrap_err();
        assert!(error.contains(words), "{words}: {error}");
        assert!(error.contains("cannot read facts from /"), "{error}");
    }
    let words = json!({ "value": [{ "inspect": { "value": { "no_new_privileges": "maybe" } } }] });
    assert!(read(changed("/containers", words).as_bytes()).unwrap_err().contains("is never \"maybe\""));
    assert!(Collected::read(Path::new("/nowhere")).unwrap_err().contains("No such file"));
    assert!(Collected::read(Path::new("/tmp")).unwrap_err().contains("not a regular file"));
}
