//! The OpenAPI document says what there is.

use serde_json::{Value, json};

use super::support::Room;

const UUID: &str = "92dadd08-ac3c-47dc-a41b-10040643ee38";

fn operations(document: &Value) -> Vec<(String, String)> {
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, methods): (&String, &Value)| {
        let methods: Vec<String> = methods.as_object().unwrap().keys().cloned().collect();
        methods
            .into_iter()
            .map(|method| (method.to_uppercase(), path.replace("{id}", UUID).replace("{name}", "nobody")))
            .collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_methods_of_each_path_are_those_of_the_document() {
    let room = Room::open().await;
    let document = room.send("GET", "/api/openapi.json", &[], "").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let all = operations(&document);
    assert!(all.len() > 40, "{}", all.len());
    for path in document["paths"].as_object().unwrap().keys() {
        let path = path.replace("{id}", UUID).replace("{name}", "nobody");
        let allowed = room.ask("OPTIONS", path.trim_start_matches("/api/v1/"), &[], "").await;
        let mut allowed: Vec<_> =
            allowed.header("allow").split(',').filter(|m| *m != "HEAD").map(str::to_owned).collect();
        let mut documented: Vec<_> =
            all.iter().filter(|(_, own)| *own == path).map(|(m, _)| m.clone()).collect();
        allowed.sort();
        documented.sort();
        assert_eq!(allowed, documented, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_operation_of_the_document_lets_anybody_in_without_credentials() {
    let room = Room::open().await;
    let document = room.send("GET", "/api/openapi.json", &[], "").await.json();
    let json = [("content-type", "application/json")];
    // To sign in is open to all.
    let sign_in = ("POST".to_owned(), "/api/v1/session".to_owned());
    for (method, path) in operations(&document).into_iter().filter(|operation| *operation != sign_in) {
        let answer = room.send(&method, &path, &json, "{}").await;
        assert_eq!(answer.status, 401, "{method} {path}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        answer.problem();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reference_leads_somewhere_and_every_id_is_there_once() {
    let room = Room::open().await;
    let text = room.send("GET", "/api/openapi.json", &[], "").await.text;
    let document: Value = serde_json::from_str(&text).unwrap();
    for part in text.split("\"$ref\":\"#").skip(1) {
        let pointer = part.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
    let mut ids: Vec<_> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|methods| methods.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_list_stands_is_null_only_where_there_is_no_list() {
    let room = Room::open().await;
    let document = room.send("GET", "/api/openapi.json", &[], "").await.json();
    let [list, campaign] =
        [room.create("dial-lists", &json!({})).await, room.create("campaigns", &json!({})).await];
    let stats = async |path: &str, row: &Value| {
        room.get(&format!("{path}/{}/stats", row["uuid"].as_str().unwrap())).await
    };
    let [of_list, of_none] = [stats("dial-lists", &list).await, stats("campaigns", &campaign).await];
    for name in ["dial_list", "counted"] {
        let schema = |stats: &str| &document["components"]["schemas"][stats]["properties"][name]["type"];
        assert_eq!((schema("ListStats"), of_list[name].is_string()), (&json!("string"), true));
        assert_eq!((schema("Stats"), &of_none[name]), (&json!(["string", "null"]), &Value::Null));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_every_path_and_names_no_other_host() {
    let room = Room::open().await;
    let document = room.send("GET", "/api/openapi.json", &[], "").await.json();
    let page = room.send("GET", "/api/docs", &[], "").await;
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    for path in document["paths"].as_object().unwrap().keys() {
        assert!(page.text.contains(&format!("<code>{path}</code>")), "{path}");
    }
    assert!(!page.text.contains("://") && !page.text.contains("<script"));
}

/// The web page's client is made of the copy. `UPDATE=1` writes it.
#[tokio::test(flavor = "multi_thread")]
async fn the_copy_that_the_web_page_is_built_with_is_the_document() {
    let room = Room::open().await;
    let document = room.send("GET", "/api/openapi.json", &[], "").await.json();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/openapi.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, format!("{document:#}\n")).unwrap();
    }
    let copy: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let differ =
        "ui/openapi.json differs: UPDATE=1 cargo test -p asterisk-outbound --test http copy writes it";
    assert!(copy == document, "{differ}");
}
