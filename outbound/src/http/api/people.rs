//! Operations of `http::session`, `users`, `tokens` and `audit`: who may come in, and who changed what.

use axum::routing::{delete, get, patch, post};
use serde_json::{Value, json};

use super::openapi::plain;
use super::operations::{Answer, Operation, Sent};
use crate::http::{audit, session, tokens, users};

/// The name of a user, as it stands in a path.
pub(super) const NAME: &str = "^[a-z0-9][a-z0-9._@-]{0,63}$";

pub(super) fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    all.extend(of_sessions());
    all.extend(of_users());
    all.extend(of_tokens());
    all.push(
        Operation::new(
            "get",
            "/api/v1/audit".to_owned(),
            "audit",
            "List who changed what".to_owned(),
            get(audit::list),
        )
        .doc("For admins. Newest first: each request that could have changed something, and how it ended.")
        .answers(Answer::Page("AuditEntry"))
        .counted(),
    );
    all
}

fn of_sessions() -> [Operation; 3] {
    let of = |method, summary: &str, handler| {
        Operation::new(method, "/api/v1/session".to_owned(), "session", summary.to_owned(), handler)
    };
    [
        of("get", "Say who I am", get(session::show)).answers(Answer::One("Session")),
        of("post", "Sign in", post(session::begin))
            .doc("Sets a cookie, for pages. Open to all, and slow for who tries many passwords.")
            .sends(Sent::Body("SignIn"))
            .answers(Answer::Created("Session"))
            .errors(&[429]),
        of("delete", "Sign out", delete(session::end)).errors(&[409]),
    ]
}

fn of_users() -> [Operation; 6] {
    let (many, one) = ("/api/v1/users", "/api/v1/users/{name}");
    let of = |method, path: &str, summary: &str, handler| {
        Operation::new(method, path.to_owned(), "users", summary.to_owned(), handler)
    };
    [
        of("get", many, "List users", get(users::list)).doc("For admins.").answers(Answer::Page("User")).counted(),
        of("post", many, "Create a user", post(users::create))
            .doc("For admins.")
            .sends(Sent::Body("UserCreate"))
            .answers(Answer::Created("User"))
            .errors(&[409]),
        of("get", one, "Get a user", get(users::show)).doc("For admins.").answers(Answer::One("User")),
        of("patch", one, "Change the role of a user", patch(users::change))
            .doc("For admins. The last admin stays one.")
            .sends(Sent::Body("UserChange"))
            .answers(Answer::One("User"))
            .errors(&[409]),
        of("delete", one, "Delete a user", delete(users::delete))
            .doc("For admins. His sessions end. The last admin stays.")
            .errors(&[409]),
        of("post", &format!("{one}/password"), "Set a password", post(users::set_password))
            .doc("The own one with the current one: answers with 201 and a new session. That of somebody else, by admins: 204, and his sessions end.")
            .sends(Sent::Body("PasswordChange"))
            .answers(Answer::DoneOrCreated("Session"))
            .errors(&[429]),
    ]
}

fn of_tokens() -> [Operation; 4] {
    let (many, one) = ("/api/v1/tokens", "/api/v1/tokens/{id}");
    let of = |method, path: &str, summary: &str, handler| {
        Operation::new(method, path.to_owned(), "tokens", summary.to_owned(), handler)
    };
    [
        of("get", many, "List tokens", get(tokens::list))
            .doc("For admins.")
            .answers(Answer::Page("Token"))
            .counted(),
        of("post", many, "Create a token", post(tokens::create))
            .doc("For admins. The token itself is shown this once.")
            .sends(Sent::Body("TokenCreate"))
            .answers(Answer::Created("NewToken"))
            .errors(&[409]),
        of("get", one, "Get a token", get(tokens::show)).doc("For admins.").answers(Answer::One("Token")),
        of("delete", one, "Delete a token", delete(tokens::delete))
            .doc("For admins. It is good for nothing from then on. A token does not delete itself.")
            .errors(&[409]),
    ]
}

/// Adds the schemas.
pub(super) fn schemas(all: &mut Value) {
    let token = "id:uuid name:text role:role created_at:time expires_at:time? last_used_at:time?";
    let others = [
        ("Session", "kind:caller name:text role:role must_change_password:switch".to_owned()),
        ("User", "name:text role:role must_change_password:switch created_at:time updated_at:time?".to_owned()),
        ("NewToken", format!("{token} token:text")),
        ("Token", token.to_owned()),
        ("AuditEntry", "id:count time:time kind:caller who:text role:role? address:text method:text path:text resource:text? resource_id:text? status:count".to_owned()),
    ];
    for (name, members) in others {
        all[name] = plain(&members);
    }
    let (role, password) = (
        json!({ "type": "string", "enum": ROLES }),
        json!({ "type": "string", "minLength": 10, "maxLength": 256, "description": "10 to 256 characters, and not the name." }),
    );
    let text = json!({ "type": "string" });
    let name = json!({ "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$" });
    let switch = |doc: &str| json!({ "type": "boolean", "description": doc });
    let perhaps = |doc: &str| json!({ "type": ["boolean", "null"], "description": doc });
    all["SignIn"] = sent(&["name", "password"], json!({ "name": text, "password": text }));
    all["UserCreate"] = sent(
        &["name", "role", "password"],
        json!({ "name": name, "role": role, "password": password,
            "must_change_password": switch("The password is good for one sign-in; the default.") }),
    );
    all["UserChange"] = sent(&["role"], json!({ "role": role }));
    all["PasswordChange"] = sent(
        &["password"],
        json!({ "password": password,
            "current_password": { "type": ["string", "null"], "description": "For the own one." },
            "must_change_password": perhaps("For that of somebody else: it is good for one sign-in; the default.") }),
    );
    all["TokenCreate"] = sent(
        &["name", "role"],
        json!({ "name": name, "role": role,
            "expires_in_days": { "type": "integer", "minimum": 1, "maximum": tokens::DAYS_MAX, "default": tokens::DAYS } }),
    );
}

/// The roles, lowest first.
pub(super) const ROLES: [&str; 3] = ["viewer", "supervisor", "admin"];

fn sent(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false })
}
