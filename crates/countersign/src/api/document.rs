//! The description of the API (OpenAPI 3.1). Answers: *what can be asked here, and what can come of
//! it?*
//!
//! Routes describe what they themselves take and give; what holds for all of them is added here, so
//! that no route can forget it.

use super::words;
use serde_json::json;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, OpenApi, PathItem, Ref, RefOr, Required, Response,
    ResponseBuilder,
};

/// What goes wrong (RFC 9457), as every route tells it.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it describes what Problem::document makes")]
pub(crate) struct ProblemDocument {
    /// `urn:countersign:problem:` and the code.
    r#type: String,
    /// The short words for the status.
    title: String,
    /// The status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// The stable code, `room/rule`; those of the doors begin with `door/`.
    #[schema(pattern = "^[a-z-]+/[a-z0-9-]+$", example = "requests/stale-revision")]
    code: String,
    /// What is wrong, in plain words, with the remedy.
    detail: String,
    /// Where in the body (RFC 6901), for a field that is wrong.
    pointer: Option<String>,
}

/// What can go wrong with any request.
const ALWAYS: &[(&str, &str)] = &[
    ("400", "The address, a parameter or the body cannot be read."),
    ("421", "The request was sent to another name than this server's."),
    ("500", "Something went wrong in the server."),
    ("503", "The ledger is unavailable; try again after the seconds in Retry-After."),
];
/// What can go wrong with whatever somebody has to be signed in for.
const SIGNED_IN: &[(&str, &str)] = &[("401", "Nobody is signed in.")];
/// What can go wrong with reading.
const READING: &[(&str, &str)] = &[("406", "It is not given in any form that Accept names.")];
/// What can go wrong with whatever names a thing.
const NAMED: &[(&str, &str)] = &[("404", "There is no such thing, or it may not be seen.")];
/// What can go wrong with acting.
const ACTING: &[(&str, &str)] = &[
    ("403", "This is not for this person, session or site to do."),
    ("404", "There is no such thing, or it may not be seen."),
    ("409", "It has changed meanwhile, was done before, or its id is another's (door/id-taken)."),
    ("412", "It is not as it was read (If-Match)."),
    ("413", "The body is longer than 8 MiB."),
    ("415", "The body is not JSON."),
    ("422", "A field is wrong, or a rule refuses."),
];

fn problem(description: &str) -> Response {
    let schema = Ref::from_schema_name("ProblemDocument");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let response = ResponseBuilder::new().description(description);
    response.content("application/problem+json", content).build()
}

fn header_parameter(name: &str, description: &str, pattern: Option<&str>) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String).pattern(pattern).build();
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

fn dry_run() -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::Boolean).default(Some(json!(false)));
    ParameterBuilder::new()
        .name("dry_run")
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some("Only say what would come of it, and change nothing."))
        .schema(Some(schema.build()))
        .build()
}

fn either() -> Vec<SecurityRequirement> {
    let none: [&str; 0] = [];
    vec![SecurityRequirement::new("bearer", none), SecurityRequirement::new("cookie", none)]
}

/// Routes that nobody has to be signed in for.
const OPEN: &[&str] = &["/api/v1/session/challenge", "/api/v1/session", "/api/v1/openapi.json"];

fn complete(path: &str, operation: &mut Operation, reads: bool, opens: bool) {
    let named = path.contains('{');
    let mut all = ALWAYS.to_vec();
    if !opens {
        all.extend(SIGNED_IN);
        operation.security = Some(either());
    }
    let acts = !reads && path != "/api/v1/session" && path != "/api/v1/session/challenge";
    match (reads, acts) {
        (true, _) => all.extend(READING),
        (false, true) => all.extend(ACTING),
        (false, false) => {
            let some = ["403", "413", "415", "422"];
            all.extend(ACTING.iter().filter(|(status, _)| some.contains(status)));
        }
    }
    if named {
        all.extend(NAMED);
    }
    for (status, description) in all {
        let given = &mut operation.responses.responses;
        given.entry(status.to_owned()).or_insert_with(|| RefOr::T(problem(description)));
    }
    let parameters = operation.parameters.get_or_insert_default();
    if acts {
        let key = "The same key again gets the same answer, also where that got lost.";
        let pattern = Some("^[!-~]{1,255}$");
        parameters.push(RefOr::T(header_parameter("Idempotency-Key", key, pattern)));
        parameters.push(RefOr::T(dry_run()));
    }
    if reads && !opens && path != "/api/v1/events" {
        let known = "Answered with 304 where the tag (ETag) is still the same.";
        parameters.push(RefOr::T(header_parameter("If-None-Match", known, None)));
        let same = ResponseBuilder::new().description("It is as it was: the tag is the same.");
        let given = &mut operation.responses.responses;
        given.entry("304".to_owned()).or_insert_with(|| RefOr::T(same.build()));
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let reads = item.get.iter_mut().map(|operation| (true, operation));
    let acts = item.post.iter_mut().chain(item.delete.iter_mut());
    reads.chain(acts.map(|operation| (false, operation)))
}

/// The document, from what the routes say of themselves.
pub(crate) fn complete_document(mut api: OpenApi, cookie: &str) -> OpenApi {
    let mut info = InfoBuilder::new();
    info = info.title("Countersign").version(env!("CARGO_PKG_VERSION"));
    api.info = info
        .description(Some(
            "Approvals and stock of one ledger. A session only shows who somebody is: nothing is \
             approved by it. What has to be signed is signed as a text with a key of one's own. \
             What cannot be done is told as application/problem+json; a method that a path does \
             not have is answered with 405 and Allow.",
        ))
        .build();
    for (path, item) in &mut api.paths.paths {
        for (reads, operation) in operations(item) {
            let opens = OPEN.contains(&path.as_str())
                && (path != "/api/v1/session" || operation.request_body.is_some());
            complete(path, operation, reads, opens);
        }
    }
    let components = api.components.take().unwrap_or_default();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The token that POST /api/v1/session gives. It approves nothing."));
    let problem = <ProblemDocument as utoipa::PartialSchema>::schema();
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(cookie)));
    let components = words::described(ComponentsBuilder::from(components))
        .schema("ProblemDocument", problem)
        .security_scheme("bearer", SecurityScheme::Http(bearer.build()))
        .security_scheme("cookie", cookie);
    api.components = Some(components.build());
    api
}
